// Splits template source into tokens, with Jinja's rules for white space around tags (trim_blocks and lstrip_blocks
// on, as Hugging Face sets them). Every character is looked at a bounded number of times.

import { codePointLength } from "./code-points.ts";
import { fault } from "./fault.ts";
import { unescapeString } from "./unescape.ts";
import { isSpace, spaceClass } from "./white-space.ts";

/** Operators and brackets have their own text as type. */
export type TokenType =
  | "data"
  | "variable_begin"
  | "variable_end"
  | "block_begin"
  | "block_end"
  | "name"
  | "string"
  | "integer"
  | "float"
  | "eof"
  | "error"
  | Operator;

type Operator =
  | "//"
  | "**"
  | "=="
  | "!="
  | ">="
  | "<="
  | "+"
  | "-"
  | "/"
  | "*"
  | "%"
  | "~"
  | "["
  | "]"
  | "("
  | ")"
  | "{"
  | "}"
  | ">"
  | "<"
  | "="
  | "."
  | ":"
  | "|"
  | ","
  | ";";

export interface Token {
  readonly type: TokenType;
  /** Text of data, names and strings; digits of numbers; the message of an error. */
  readonly value: string;
  readonly at: number;
}

const spaces = new RegExp(`[${spaceClass}]*`, "y");
const onlySpaces = new RegExp(`^[${spaceClass}]+$`);
const rawBegin = new RegExp(`\\{%[-+]?[${spaceClass}]*raw[${spaceClass}]*(-?)%\\}`, "y");
const rawEnd = new RegExp(`\\{%([-+]?)[${spaceClass}]*endraw[${spaceClass}]*([-+]?)%\\}`, "y");

const digits = "(?:\\d+_)*\\d+";
const floatToken = new RegExp(`${digits}(?:(?:\\.${digits})?[eE][+-]?${digits}|\\.${digits})`, "y");
const integerToken = /0[bB](?:_?[01])+|0[oO](?:_?[0-7])+|0[xX](?:_?[\da-fA-F])+|[1-9](?:_?\d)*|0(?:_?0)*/y;
const nameToken = /[\p{L}\p{N}\p{M}\p{Pc}\u00b7\u0387\u19da\u1369-\u1371]+/uy;
const identifier = /^[\p{XID_Start}_]\p{XID_Continue}*$/u;
const stringToken = /'[^'\\]*(?:\\.[^'\\]*)*'|"[^"\\]*(?:\\.[^"\\]*)*"/sy;
/** In the order in which they are tried. */
const literalTokens = [
  ["float", floatToken],
  ["integer", integerToken],
  ["name", nameToken],
  ["string", stringToken],
] as const;
const operatorToken = /\/\/|\*\*|==|!=|>=|<=|[-+/*%~[\](){}><=.:|,;]/y;

const closing: Readonly<Record<string, string>> = { "(": ")", "[": "]", "{": "}" };

/** Newlines as `\n`, and one at the end removed: the text that offsets and line numbers refer to. */
export function normalizeSource(source: string): string {
  const text = source.includes("\r") ? source.replace(/\r\n?/g, "\n") : source;
  return text.endsWith("\n") ? text.slice(0, -1) : text;
}

/** Tokens of normalised source. A fault becomes the last token, so that an earlier mistake is reported first. */
export function tokenize(source: string): Token[] {
  return new Lexer(source).run();
}

class Lexer {
  private readonly source: string;
  private readonly tokens: Token[] = [];
  private at = 0;
  /** The token before ended with a newline (or nothing came before): text here starts a line. */
  private lineStarts = true;

  constructor(source: string) {
    this.source = source;
  }

  run(): Token[] {
    try {
      while (this.at < this.source.length) this.root();
      this.push("eof", "", this.source.length);
    } catch (error) {
      this.push("error", (error as Error).message, this.at);
    }
    return this.tokens;
  }

  private push(type: TokenType, value: string, at: number): void {
    this.tokens.push({ type, value, at });
  }

  /** Data up to the next tag, and that tag. */
  private root(): void {
    const { source } = this;
    const start = this.at;
    let open = source.indexOf("{", start);
    while (open !== -1 && !"{%#".includes(source[open + 1] ?? " ")) open = source.indexOf("{", open + 1);
    if (open === -1) {
      this.push("data", source.slice(start), start);
      this.at = source.length;
      return;
    }
    const kind = source[open + 1]!;
    const sign = source[open + 2];
    const hasSign = sign === "-" || sign === "+";
    const data = this.strippedData(start, open, hasSign ? sign : "", kind !== "{");
    if (data !== "") this.push("data", data, start);
    this.at = open + (hasSign ? 3 : 2);
    if (kind === "#") this.comment(open);
    else if (kind === "{") this.tag("variable_begin", "variable_end", open);
    else if (!this.raw(open)) this.tag("block_begin", "block_end", open);
  }

  /** What the sign after an opening delimiter leaves of the data before it. */
  private strippedData(start: number, end: number, sign: string, isBlock: boolean): string {
    const data = this.source.slice(start, end);
    if (sign === "-") return trimEnd(data);
    if (sign === "+" || !isBlock) return data;
    const lineStart = data.lastIndexOf("\n") + 1;
    if (lineStart === 0 && !this.lineStarts) return data;
    return onlySpaces.test(data.slice(lineStart)) ? data.slice(0, lineStart) : data;
  }

  /** Moves behind a closing delimiter of `length` characters, with what its sign removes after it. */
  private close(end: number, sign: string, trims: boolean): void {
    const { source } = this;
    let at = end;
    if (sign === "-") {
      spaces.lastIndex = at;
      spaces.test(source);
      at = spaces.lastIndex;
    } else if (trims && sign === "" && source[at] === "\n") at++;
    this.at = at;
    this.lineStarts = source[at - 1] === "\n";
  }

  private comment(open: number): void {
    const end = this.source.indexOf("#}", this.at);
    if (end === -1) {
      this.at = open;
      fault("TemplateSyntaxError", "Missing end of comment tag");
    }
    const before = end > this.at ? this.source[end - 1]! : "";
    this.close(end + 2, before === "-" || before === "+" ? before : "", true);
  }

  /** A raw block, if one starts at `open`. */
  private raw(open: number): boolean {
    const { source } = this;
    rawBegin.lastIndex = open;
    const begin = rawBegin.exec(source);
    if (begin === null) return false;
    this.close(rawBegin.lastIndex, begin[1]!, false);
    const start = this.at;
    for (let end = source.indexOf("{%", start); end !== -1; end = source.indexOf("{%", end + 1)) {
      rawEnd.lastIndex = end;
      const found = rawEnd.exec(source);
      if (found === null) continue;
      const after = rawEnd.lastIndex;
      const data = this.strippedData(start, end, found[1]!, true);
      if (data !== "") this.push("data", data, start);
      this.close(after, found[2]!, true);
      return true;
    }
    this.at = open;
    return fault("TemplateSyntaxError", "Missing end of raw directive");
  }

  private tag(begin: TokenType, end: TokenType, open: number): void {
    const { source } = this;
    this.push(begin, "", open);
    const close = end === "block_end" ? "%}" : "}}";
    const open_brackets: string[] = [];
    for (;;) {
      spaces.lastIndex = this.at;
      spaces.test(source);
      this.at = spaces.lastIndex;
      if (open_brackets.length === 0 && this.tagEnd(end, close)) return;
      if (this.at >= source.length) {
        this.at = source.length;
        return;
      }
      this.token(open_brackets);
    }
  }

  private tagEnd(type: TokenType, close: string): boolean {
    const { source, at } = this;
    const first = source[at];
    const sign = first === "-" || (first === "+" && type === "block_end") ? first : "";
    if (!source.startsWith(close, at + sign.length)) return false;
    this.push(type, "", at);
    this.close(at + sign.length + 2, sign, type === "block_end");
    return true;
  }

  private token(brackets: string[]): void {
    const { at } = this;
    for (const [type, pattern] of literalTokens) {
      const text = type === "float" && this.source[at - 1] === "." ? undefined : this.match(pattern);
      if (text === undefined) continue;
      if (type === "name") this.name(text, at);
      else this.push(type, type === "string" ? unescapeString(text.slice(1, -1)) : text, at);
      return;
    }
    const operator = this.match(operatorToken);
    if (operator !== undefined) this.operator(operator as Operator, at, brackets);
    else {
      const index = codePointLength(this.source.slice(0, at));
      fault("TemplateSyntaxError", `unexpected char ${charText(this.source, at)} at ${index}`);
    }
  }

  private name(name: string, at: number): void {
    if (!identifier.test(name)) {
      this.at = at;
      fault("TemplateSyntaxError", "Invalid character in identifier");
    }
    this.push("name", name, at);
  }

  private match(pattern: RegExp): string | undefined {
    pattern.lastIndex = this.at;
    const found = pattern.exec(this.source);
    if (found === null) return undefined;
    this.at = pattern.lastIndex;
    return found[0];
  }

  private operator(operator: Operator, at: number, brackets: string[]): void {
    const closer = closing[operator];
    if (closer !== undefined) brackets.push(closer);
    else if (operator === ")" || operator === "]" || operator === "}") {
      const expected = brackets.pop();
      if (expected !== operator) {
        this.at = at;
        const rest = expected === undefined ? "" : `, expected '${expected}'`;
        fault("TemplateSyntaxError", `unexpected '${operator}'${rest}`);
      }
    }
    this.push(operator, operator, at);
  }
}

/** Removes white space at the end: a loop, because a regex would try every start of every run of spaces. */
function trimEnd(data: string): string {
  let end = data.length;
  while (end > 0 && isSpace(data.charCodeAt(end - 1))) end--;
  return data.slice(0, end);
}

function charText(source: string, at: number): string {
  const character = String.fromCodePoint(source.codePointAt(at)!);
  return character === "'" ? `"'"` : `'${character === "\\" ? "\\\\" : character}'`;
}
