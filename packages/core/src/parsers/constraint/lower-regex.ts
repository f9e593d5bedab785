// Regular expressions, for engines that take nothing else. Values without a schema nest only so deep.

import { type Target, unsupported, type ValueKind } from "./lower-target.ts";

const jsonString = '"(?:[^"\\\\\\x00-\\x1f]|\\\\(?:["\\\\/bfnrt]|u[0-9a-fA-F]{4}))*"';
const jsonInteger = "-?(?:0|[1-9][0-9]*)";
const jsonNumber = `${jsonInteger}(?:\\.[0-9]+)?(?:[eE][+-]?[0-9]+)?`;
/** How deep a value without a schema may nest in a regular expression. */
const openDepth = 3;

export class Regex implements Target {
  readonly #open: string[] = [];

  literal(text: string): string {
    return text.replace(/[\\^$.*+?()[\]{}|/]/g, "\\$&").replaceAll("\n", "\\n");
  }

  sequence(parts: readonly string[]): string {
    return parts.join("");
  }

  either(parts: readonly string[]): string {
    return parts.length === 1 ? (parts[0] ?? "") : `(?:${parts.join("|")})`;
  }

  repeat(part: string, least: number, most: number | undefined): string {
    if (part === "" || most === 0) return "";
    const count = least === 0 && most === 1 ? "?" : `{${least},${most ?? ""}}`;
    return `(?:${part})${least === 0 && most === undefined ? "*" : count}`;
  }

  value(kind: ValueKind): string {
    return this.#value(kind, openDepth);
  }

  reference(name: string, body: () => string): string {
    if (this.#open.includes(name)) throw unsupported(`The recursive schema ${name}`);
    this.#open.push(name);
    const text = body();
    this.#open.pop();
    return text;
  }

  /** Text in which none of the excluded strings starts. */
  without(excludes: readonly string[]): string {
    return `(?:(?!${excludes.map((text) => this.literal(text)).join("|")})[\\s\\S])*`;
  }

  pattern(source: string): string {
    return `(?:${source})`;
  }

  #value(kind: ValueKind, depth: number): string {
    const any = () => this.#value("any", depth - 1);
    switch (kind) {
      case "string":
        return jsonString;
      case "integer":
        return jsonInteger;
      case "number":
        return jsonNumber;
      case "boolean":
        return "(?:true|false)";
      case "null":
        return "null";
      case "object":
        return depth <= 0 ? "\\{\\}" : `\\{(?:${jsonString}: ${any()}(?:, ${jsonString}: ${any()})*)?\\}`;
      case "array":
        return depth <= 0 ? "\\[\\]" : `\\[(?:${any()}(?:, ${any()})*)?\\]`;
      default:
        return `(?:${jsonString}|${jsonNumber}|true|false|null|${this.#value("object", depth)}|${this.#value("array", depth)})`;
    }
  }
}
