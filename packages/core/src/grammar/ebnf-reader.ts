// Reads the EBNF that XGrammar and llama.cpp take, to see what is wrong with a grammar before it is compiled: neither
// says where. Extensions of one of the two are not known here.

import {
  type CharacterRange,
  choice,
  type Expression,
  type Grammar,
  GrammarError,
  repeat,
  sequence,
} from "./expression.ts";

/**
 * A grammar whose start is `root`.
 *
 * @throws GrammarError for what is no such grammar: with line and column.
 * @example readEbnf('root ::= "a" | b\nb ::= [0-9]+')
 */
export function readEbnf(source: string): Grammar {
  return new EbnfReader(source).read();
}

const maxDepth = 200;
const nameAhead = /[A-Za-z_][A-Za-z0-9_.-]*/y;
const space = /(?:\s|#[^\n]*)*/y;
const count = /\{[ \t]*(\d+)[ \t]*(?:(,)[ \t]*(\d*)[ \t]*)?\}|[*+?]/y;
const escapes: Readonly<Record<string, string>> = {
  n: "\n",
  r: "\r",
  t: "\t",
  b: "\b",
  f: "\f",
  v: "\v",
  a: "\x07",
  e: "\x1b",
  0: "\0",
};

class EbnfReader {
  readonly #source: string;
  readonly #rules: Map<string, Expression> = new Map();
  readonly #uses: { readonly name: string; readonly at: number }[] = [];
  #at = 0;
  #depth = 0;

  constructor(source: string) {
    this.#source = source;
  }

  read(): Grammar {
    this.#skip();
    while (this.#at < this.#source.length) this.#rule();
    if (!this.#rules.has("root"))
      throw this.#wrong('no rule is named "root"; a text is what that rule says', 0);
    const missing = this.#uses.find(({ name }) => !this.#rules.has(name));
    if (missing) throw this.#wrong(`there is no rule "${missing.name}"`, missing.at);
    return { start: "root", rules: this.#rules };
  }

  #rule(): void {
    const at = this.#at;
    const name = this.#match(nameAhead)?.[0];
    this.#skip();
    if (name === undefined || !this.#take("::="))
      throw this.#wrong('expected a rule, such as name ::= "text"', at);
    if (this.#rules.has(name)) throw this.#wrong(`the rule "${name}" is there twice`, at);
    this.#skip();
    this.#rules.set(name, this.#choice());
    this.#skip();
  }

  #choice(): Expression {
    if (++this.#depth > maxDepth) throw this.#wrong(`groups are nested deeper than ${maxDepth}`, this.#at);
    const options = [this.#sequence()];
    while (this.#take("|")) {
      this.#skip();
      options.push(this.#sequence());
    }
    this.#depth--;
    return choice(options);
  }

  #sequence(): Expression {
    const parts: Expression[] = [];
    for (;;) {
      const item = this.#item();
      if (item === undefined) return sequence(parts);
      parts.push(this.#repeated(item));
      this.#skip();
    }
  }

  #item(): Expression | undefined {
    const character = this.#source[this.#at];
    if (character === '"') return this.#text();
    if (character === "[") return this.#class();
    if (character === "(") return this.#group();
    if (character === "." && !this.#source.startsWith("..", this.#at)) {
      this.#at++;
      return { kind: "class", negated: true, ranges: [] };
    }
    return this.#reference();
  }

  #group(): Expression {
    const at = this.#at++;
    this.#skip();
    const inside = this.#choice();
    if (!this.#take(")")) throw this.#wrong('expected ")" for this group', at);
    return inside;
  }

  /** A name that does not begin the next rule. */
  #reference(): Expression | undefined {
    const at = this.#at;
    const name = this.#match(nameAhead)?.[0];
    if (name === undefined) {
      if (at === this.#source.length || "|)".includes(this.#source[at] as string)) return undefined;
      throw this.#wrong(
        `expected a text, a class, a group or a name, got ${JSON.stringify(this.#source[at])}`,
        at,
      );
    }
    const end = this.#at;
    this.#skip();
    if (this.#source.startsWith("::=", this.#at)) {
      this.#at = at;
      return undefined;
    }
    this.#at = end;
    this.#uses.push({ name, at });
    return { kind: "rule", name };
  }

  #text(): Expression {
    const at = this.#at++;
    let text = "";
    while (!this.#take('"')) text += this.#character(at, "text");
    return { kind: "text", text };
  }

  #class(): Expression {
    const at = this.#at++;
    const negated = this.#take("^");
    const ranges: CharacterRange[] = [];
    while (!this.#take("]")) {
      const first = this.#character(at, "class").codePointAt(0) as number;
      const isRange = this.#source[this.#at] === "-" && this.#source[this.#at + 1] !== "]";
      if (isRange) this.#at++;
      const last = isRange ? (this.#character(at, "class").codePointAt(0) as number) : first;
      if (last < first) throw this.#wrong("a range of this class ends before it begins", at);
      ranges.push([first, last]);
    }
    return { kind: "class", negated, ranges };
  }

  /** The next character of what began at `from`. */
  #character(from: number, what: string): string {
    const code = this.#source.codePointAt(this.#at);
    if (code === undefined || code === 0x0a) throw this.#wrong(`this ${what} has no end`, from);
    const character = String.fromCodePoint(code);
    this.#at += character.length;
    return character === "\\" ? this.#escape(from, what) : character;
  }

  #escape(from: number, what: string): string {
    const name = this.#source[this.#at++];
    if (name === undefined) throw this.#wrong(`this ${what} has no end`, from);
    const digits = { x: /[0-9a-fA-F]+/y, u: /[0-9a-fA-F]{4}/y, U: /[0-9a-fA-F]{8}/y }[name];
    if (digits === undefined) {
      if (/[A-Za-z1-9]/.test(name) && escapes[name] === undefined)
        throw this.#wrong(`"\\${name}" is no escape`, this.#at - 2);
      return escapes[name] ?? name;
    }
    const code = Number.parseInt(this.#match(digits)?.[0] ?? "", 16);
    if (!(code <= 0x10ffff)) throw this.#wrong(`"\\${name}" needs the digits of a character`, this.#at - 2);
    return String.fromCodePoint(code);
  }

  #repeated(item: Expression): Expression {
    let result = item;
    for (;;) {
      const at = this.#at;
      this.#skip();
      const [found, least, comma, most] = this.#match(count) ?? [];
      if (found === undefined) {
        if (this.#source[this.#at] === "{")
          throw this.#wrong("expected a number of times, such as {2,3}", this.#at);
        this.#at = at;
        return result;
      }
      result = this.#times(
        result,
        found,
        Number(least),
        comma === undefined ? Number(least) : most ? Number(most) : undefined,
      );
    }
  }

  #times(item: Expression, found: string, least: number, most: number | undefined): Expression {
    if (found === "*") return repeat(item, 0);
    if (found === "+") return repeat(item, 1);
    if (found === "?") return repeat(item, 0, 1);
    if (most !== undefined && most < least)
      throw this.#wrong(`${found} ends before it begins`, this.#at - found.length);
    return repeat(item, least, most);
  }

  #skip(): void {
    this.#match(space);
  }

  #match(pattern: RegExp): RegExpExecArray | undefined {
    pattern.lastIndex = this.#at;
    const found = pattern.exec(this.#source);
    if (found === null) return undefined;
    this.#at = pattern.lastIndex;
    return found;
  }

  #take(text: string): boolean {
    const here = this.#source.startsWith(text, this.#at);
    if (here) this.#at += text.length;
    return here;
  }

  #wrong(reason: string, at: number): GrammarError {
    return GrammarError.at(this.#source, at, `${reason}.`);
  }
}
