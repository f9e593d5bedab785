// Translates regular expressions of tokenizer files into JavaScript's (`v` flag). tokenizer.json is written for
// Oniguruma in Ruby syntax, tiktoken-like files for Rust's fancy-regex. What has no exact counterpart is refused by
// name, never guessed. Properties leave out the characters that the engine's Unicode version added to the pinned one.

import { literal, shorthandClasses } from "./characters.ts";
import { readClass } from "./class.ts";
import { readEscape } from "./escape.ts";
import { RegexReader } from "./reader.ts";

/** Which engine the expression was written for. They differ in `^`, `$` and in what `{n,m}+` means. */
export type RegexFlavour = "oniguruma" | "rust";

const quantifier = /([*+?]|\{[0-9]+(?:,[0-9]*)?\}|\{,[0-9]+\})/y;
const inlineFlags = /\(\?([a-z]*)(?:-([a-z]+))?([:)])/y;
const namedGroup = /\(\?P?<[A-Za-z_][A-Za-z0-9_]*>/y;

/**
 * The expression in JavaScript's syntax, for the flags `v` and `g` or `y`.
 *
 * @example translateRegex("(?i:'s)|\\s++$", "$")  // ' then s, S or ſ; or all white space before the end
 */
export function translateRegex(source: string, path: string, flavour: RegexFlavour): string {
  const translation = new Translation(new RegexReader(source, path), flavour);
  return translation.whole();
}

class Translation {
  private readonly reader: RegexReader;
  private readonly flavour: RegexFlavour;
  private atomicGroups = 0;

  constructor(reader: RegexReader, flavour: RegexFlavour) {
    this.reader = reader;
    this.flavour = flavour;
  }

  whole(): string {
    const result = this.alternatives(false);
    if (!this.reader.done) this.reader.unsupported("a stray )");
    return result;
  }

  /** Alternatives up to the end of the group or of the expression. */
  private alternatives(ignoreCase: boolean): string {
    let result = "";
    let folding = ignoreCase;
    while (!this.reader.done && this.reader.peek() !== ")") {
      if (this.reader.accept("|")) {
        result += "|";
        continue;
      }
      const flags = this.flagsForTheRest();
      if (flags === undefined) result += this.quantified(this.atom(folding));
      else folding = flags;
    }
    return result;
  }

  /** `(?i)`: changes the flags of what follows in the group; undefined if something else comes next. */
  private flagsForTheRest(): boolean | undefined {
    const start = this.reader.at;
    const found = this.reader.match(inlineFlags);
    if (found?.[3] === ")") return this.readFlags(found);
    this.reader.at = start;
    return undefined;
  }

  /** Whether case is ignored. Unicode mode, which is always on, may be asked for; other flags have no translation. */
  private readFlags(found: RegExpExecArray): boolean {
    const on = (found[1] ?? "").replace("u", "");
    const off = found[2] ?? "";
    if (!/^i?$/.test(on) || !/^i?$/.test(off)) this.reader.unsupported(`the group ${found[0]}`);
    return on === "i";
  }

  private atom(ignoreCase: boolean): string {
    const { reader } = this;
    const character = reader.peek();
    if (character === "(") return this.group(ignoreCase);
    reader.next();
    switch (character) {
      case "[":
        return readClass(reader, ignoreCase);
      case "\\":
        return this.escape(ignoreCase);
      case ".":
        return "[^\\n]";
      case "^":
        return this.flavour === "oniguruma" ? "(?<=\\n|(?<![\\s\\S]))" : "(?<![\\s\\S])";
      case "$":
        return this.flavour === "oniguruma" ? "(?=\\n|(?![\\s\\S]))" : "(?![\\s\\S])";
      case "*":
      case "+":
      case "?":
        return reader.unsupported(`a ${character} with nothing before it`);
      default:
        return literal(character, ignoreCase);
    }
  }

  private group(ignoreCase: boolean): string {
    const { reader } = this;
    for (const assertion of ["(?=", "(?!", "(?<=", "(?<!"]) {
      if (reader.accept(assertion)) return `${assertion}${this.closed(ignoreCase)})`;
    }
    if (reader.accept("(?>")) return this.atomic(this.closed(ignoreCase));
    const flags = reader.match(inlineFlags);
    if (flags !== null) return `(?:${this.closed(flags[1] === "" ? ignoreCase : this.readFlags(flags))})`;
    if (reader.match(namedGroup) === null) {
      if (reader.accept("(?")) reader.unsupported("this kind of group");
      reader.next();
    }
    return `(?:${this.closed(ignoreCase)})`;
  }

  private closed(ignoreCase: boolean): string {
    const body = this.alternatives(ignoreCase);
    if (!this.reader.accept(")")) this.reader.unsupported("a group without its closing parenthesis");
    return body;
  }

  private escape(ignoreCase: boolean): string {
    const { reader } = this;
    const letter = reader.peek();
    const assertion = Object.hasOwn(assertions, letter) ? assertions[letter] : undefined;
    if (assertion !== undefined) {
      reader.next();
      return assertion;
    }
    if (/[1-9]/.test(letter)) reader.unsupported("a back reference");
    const escaped = readEscape(reader);
    if (escaped.kind === "class") return `[${escaped.contents}]`;
    return literal(String.fromCodePoint(escaped.code), ignoreCase);
  }

  /** `atom` with the quantifiers that follow it. `X++` takes all it can and gives nothing back. */
  private quantified(atom: string): string {
    let result = atom;
    for (;;) {
      const found = this.reader.match(quantifier);
      if (found === null) return result;
      const repeat = (found[1] ?? "").replace("{,", "{0,");
      const isInterval = repeat.startsWith("{");
      if (this.reader.accept("?")) result = `(?:${result})${repeat}?`;
      else if ((this.flavour === "rust" || !isInterval) && this.reader.accept("+")) {
        result = this.atomic(`(?:${result})${repeat}`);
      } else result = `(?:${result})${repeat}`;
    }
  }

  /** An atomic group: what a look-ahead has matched is not tried again. */
  private atomic(body: string): string {
    const name = `a${++this.atomicGroups}`;
    return `(?:(?=(?<${name}>${body}))\\k<${name}>)`;
  }
}

const word = `[${shorthandClasses["w"]}]`;

/** Escapes that match a place rather than a character, and `\R`. */
const assertions: Readonly<Record<string, string>> = {
  A: "(?<![\\s\\S])",
  z: "(?![\\s\\S])",
  Z: "(?=\\n?(?![\\s\\S]))",
  b: `(?:(?<=${word})(?!${word})|(?<!${word})(?=${word}))`,
  B: `(?:(?<=${word})(?=${word})|(?<!${word})(?!${word}))`,
  R: "(?:\\r\\n|[\\n\\v\\f\\r\\u{85}\\u{2028}\\u{2029}])",
};
