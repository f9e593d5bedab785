// The tokens of a template with one token of look-ahead, and the wording of "expected this, got that".

import { fault } from "./fault.ts";
import type { Token, TokenType } from "./lexer.ts";

const descriptions: Readonly<Record<string, string>> = {
  block_begin: "begin of statement block",
  block_end: "end of statement block",
  variable_begin: "begin of print statement",
  variable_end: "end of print statement",
  data: "template data / text",
  eof: "end of template",
};

export function describeType(type: string): string {
  return descriptions[type] ?? type;
}

export function describeToken(token: Token): string {
  return token.type === "name" ? token.value : describeType(token.type);
}

/** Python's repr of short ASCII text, for messages. */
export function quoted(text: string): string {
  return text.includes("'") && !text.includes('"') ? `"${text}"` : `'${text.replaceAll("'", "\\'")}'`;
}

export class TokenStream {
  private readonly tokens: readonly Token[];
  private position = 0;

  constructor(tokens: readonly Token[]) {
    this.tokens = tokens;
    this.check(this.current);
  }

  get current(): Token {
    return this.tokens[this.position]!;
  }

  look(): Token {
    const token = this.tokens[this.position + 1] ?? this.current;
    this.check(token);
    return token;
  }

  private check(token: Token): void {
    if (token.type === "error") fault("TemplateSyntaxError", token.value, token.at);
  }

  /** Returns the current token and moves on. */
  next(): Token {
    const token = this.current;
    if (token.type !== "eof") {
      this.position++;
      this.check(this.current);
    }
    return token;
  }

  isName(name: string): boolean {
    return this.current.type === "name" && this.current.value === name;
  }

  skipIf(type: TokenType): boolean {
    if (this.current.type !== type) return false;
    this.next();
    return true;
  }

  skipIfName(name: string): boolean {
    if (!this.isName(name)) return false;
    this.next();
    return true;
  }

  expect(type: TokenType): Token {
    if (this.current.type !== type) this.failExpected(describeType(type));
    return this.next();
  }

  expectName(name: string): Token {
    if (!this.isName(name)) this.failExpected(name);
    return this.next();
  }

  private failExpected(expected: string): never {
    const { current } = this;
    if (current.type === "eof") {
      return this.fail(`unexpected end of template, expected ${quoted(expected)}.`);
    }
    return this.fail(`expected token ${quoted(expected)}, got ${quoted(describeToken(current))}`);
  }

  fail(message: string, at: number = this.current.at): never {
    return fault("TemplateSyntaxError", message, at);
  }
}
