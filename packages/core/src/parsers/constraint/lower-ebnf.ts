// Grammars in EBNF as llama.cpp and XGrammar read them; references become rules, so schemas may recurse.

import { type Target, unsupported, type ValueKind } from "./lower-target.ts";

const valueRules: readonly string[] = [
  'string ::= "\\"" ([^"\\\\\\x00-\\x1f] | "\\\\" (["\\\\/bfnrt] | "u" hex hex hex hex))* "\\""',
  "hex ::= [0-9a-fA-F]",
  'integer ::= "-"? ("0" | [1-9] [0-9]*)',
  'number ::= integer ("." [0-9]+)? ([eE] [+-]? [0-9]+)?',
  'boolean ::= "true" | "false"',
  'null ::= "null"',
  'object ::= "{" (string ": " any (", " string ": " any)*)? "}"',
  'array ::= "[" (any (", " any)*)? "]"',
  "any ::= string | number | boolean | null | object | array",
];

export class Ebnf implements Target {
  /** Rules of references; undefined while their body is written. */
  readonly #rules = new Map<string, { name: string; body: string | undefined }>();

  text(root: string): string {
    const own = [...this.#rules.values()].map(({ name, body }) => `${name} ::= ${body ?? "any"}`);
    return [`root ::= ${root}`, ...own, ...valueRules].join("\n");
  }

  literal(text: string): string {
    return JSON.stringify(text);
  }

  sequence(parts: readonly string[]): string {
    const written = parts.filter((part) => part !== '""' && part !== "");
    return written.length === 0 ? '""' : written.join(" ");
  }

  either(parts: readonly string[]): string {
    return parts.length === 1 ? (parts[0] ?? '""') : `(${parts.join(" | ")})`;
  }

  repeat(part: string, least: number, most: number | undefined): string {
    if (most === 0 || part === '""') return '""';
    if (least === 0) return `(${part})${most === undefined ? "*" : most === 1 ? "?" : `{0,${most}}`}`;
    return least === 1 && most === undefined ? `(${part})+` : `(${part}){${least},${most ?? ""}}`;
  }

  value(kind: ValueKind): string {
    return kind;
  }

  reference(name: string, body: () => string): string {
    const known = this.#rules.get(name);
    if (known !== undefined) return known.name;
    const rule: { name: string; body: string | undefined } = {
      name: `ref${this.#rules.size}`,
      body: undefined,
    };
    this.#rules.set(name, rule);
    rule.body = body();
    return rule.name;
  }

  /** Each character either starts no excluded string, or continues with one that differs from it. */
  without(excludes: readonly string[]): string {
    const starts = [...new Set(excludes.map((text) => text.charAt(0)))].join("");
    const safe = `[^${classText(starts)}]`;
    const near = excludes.flatMap((text) =>
      [...text.slice(1)].map(
        (char, index) => `${JSON.stringify(text.slice(0, index + 1))} [^${classText(starts + char)}]`,
      ),
    );
    return `(${[safe, ...new Set(near)].join(" | ")})*`;
  }

  pattern(source: string): string {
    if (/^[\w[\]\-+*?]*$/.test(source)) return source.replace(/(\])(?=\[)/g, "$1 ");
    throw unsupported(`The pattern ${source}`);
  }
}

const classText = (text: string) => text.replace(/[\\\]^-]/g, "\\$&").replaceAll("\n", "\\n");
