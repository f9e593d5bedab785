// Regular expressions as expressions of a grammar: a text that matches from its beginning to its end. Groups, classes,
// alternatives and repetitions are understood; what looks around or back has no such form.

import {
  type CharacterRange,
  choice,
  type Expression,
  GrammarError,
  repeat,
  sequence,
} from "./expression.ts";

export interface RegexOptions {
  /** Letters of ASCII in either case; other letters are refused. */
  readonly ignoreCase?: boolean;
  /** `.` is every character, line breaks too. */
  readonly dotAll?: boolean;
  /** Whether `+?` and its like may be written: they change what is found in a text, not what matches all of it. */
  readonly lazy?: boolean;
  /** False: no "^" and "$". Default: they may stand where they say nothing, at the ends of whole alternatives. */
  readonly anchors?: boolean;
}

/**
 * The expression for a pattern. Classes such as `\d` are those of ASCII.
 *
 * @throws GrammarError for what a pattern says beyond that.
 * @example writeExpression(regexExpression("[a-c]{2}-\\d+")) // '[a-c]{2} "-" [0-9]+'
 */
export function regexExpression(pattern: string, options: RegexOptions = {}): Expression {
  return new RegexReader(pattern, options).read();
}

const classes: Readonly<Record<string, readonly CharacterRange[]>> = {
  d: [[0x30, 0x39]],
  w: [
    [0x41, 0x5a],
    [0x61, 0x7a],
    [0x30, 0x39],
    [0x5f, 0x5f],
  ],
  s: [0x20, 0x09, 0x0a, 0x0d, 0x0b, 0x0c].map((code) => [code, code] as const),
};
const controls: Readonly<Record<string, string>> = { n: "\n", r: "\r", t: "\t", f: "\f", v: "\v", 0: "\0" };
const lineBreaks: readonly CharacterRange[] = [
  [0x0a, 0x0a],
  [0x0d, 0x0d],
];
const maxRepetitions = 1_000_000;

class RegexReader {
  readonly #text: readonly string[];
  readonly #pattern: string;
  readonly #options: RegexOptions;
  #at = 0;
  #depth = 0;

  constructor(pattern: string, options: RegexOptions) {
    this.#pattern = pattern;
    this.#options = options;
    this.#text = Array.from(pattern);
  }

  read(): Expression {
    const expression = this.#alternatives();
    if (this.#at < this.#text.length)
      throw this.#wrong(`it has "${this.#text[this.#at]}" without a beginning`);
    return expression;
  }

  #alternatives(): Expression {
    const branches = [this.#sequence()];
    while (this.#take("|")) branches.push(this.#sequence());
    return choice(branches);
  }

  #sequence(): Expression {
    const parts: Expression[] = [];
    // The whole text has to match in any case.
    const isWhole = this.#depth === 0 && this.#options.anchors !== false;
    if (isWhole) this.#take("^");
    while (this.#at < this.#text.length && !"|)".includes(this.#text[this.#at] as string)) {
      const next = this.#text[this.#at + 1];
      if (isWhole && this.#text[this.#at] === "$" && (next === undefined || next === "|")) this.#at++;
      else parts.push(this.#repeated(this.#item()));
    }
    return sequence(parts);
  }

  #item(): Expression {
    const character = this.#text[this.#at++] as string;
    if (character === "(") return this.#group();
    if (character === "[") return this.#class();
    if (character === ".")
      return { kind: "class", negated: true, ranges: this.#options.dotAll ? [] : lineBreaks };
    if (character === "\\") return this.#escape();
    if ("^$*+?{}".includes(character)) throw this.#wrong(`it has "${character}" here`);
    return this.#literal(character);
  }

  #group(): Expression {
    const [kind = ""] = /^\?(?::|<[A-Za-z_]\w*>|.?)/.exec(this.#ahead()) ?? [];
    if (kind !== "" && !/[:>]$/.test(kind)) throw this.#wrong(`it has a group "(${kind}"`);
    this.#at += kind.length;
    this.#depth++;
    const inside = this.#alternatives();
    this.#depth--;
    if (!this.#take(")")) throw this.#wrong("it has a group without an end");
    return inside;
  }

  #escape(): Expression {
    const name = this.#text[this.#at] ?? "";
    const known = classes[name.toLowerCase()];
    if (known === undefined) return this.#literal(this.#escapedCharacter());
    this.#at++;
    return { kind: "class", negated: name !== name.toLowerCase(), ranges: known };
  }

  /** The character that an escape stands for; the backslash has been read. */
  #escapedCharacter(): string {
    const name = this.#text[this.#at++];
    if (name === undefined) throw this.#wrong("it ends in a backslash");
    const control = controls[name];
    if (control !== undefined) return control;
    const digits = { x: 2, u: 4 }[name];
    if (digits !== undefined) {
      const code = this.#text.slice(this.#at, this.#at + digits).join("");
      if (!/^[0-9a-fA-F]+$/.test(code) || code.length < digits)
        throw this.#wrong(`it has "\\${name}" without ${digits} digits`);
      this.#at += digits;
      return String.fromCharCode(Number.parseInt(code, 16));
    }
    if (/[A-Za-z1-9]/.test(name)) throw this.#wrong(`it has "\\${name}"`);
    return name;
  }

  #class(): Expression {
    const negated = this.#take("^");
    const ranges: CharacterRange[] = [];
    while (!this.#take("]") || ranges.length === 0) {
      if (this.#at > this.#text.length || this.#text[this.#at] === undefined)
        throw this.#wrong("it has a class without an end");
      ranges.push(...this.#classPart());
    }
    return { kind: "class", negated, ranges: ranges.flatMap((range) => this.#cases(range)) };
  }

  #classPart(): readonly CharacterRange[] {
    const known = this.#text[this.#at] === "\\" ? classes[this.#text[this.#at + 1] ?? ""] : undefined;
    if (known !== undefined) {
      this.#at += 2;
      return known;
    }
    const first = this.#classCharacter();
    const isRange = this.#text[this.#at] === "-" && ![undefined, "]"].includes(this.#text[this.#at + 1]);
    if (!isRange) return [[first, first]];
    this.#at++;
    const last = this.#classCharacter();
    if (last < first) throw this.#wrong("it has a range that ends before it begins");
    return [[first, last]];
  }

  #classCharacter(): number {
    const character = this.#text[this.#at++] as string;
    if (character === "[" && this.#text[this.#at] === ":") throw this.#wrong('it has a class "[:"');
    const meant = character === "\\" ? this.#escapedCharacter() : character;
    return meant.codePointAt(0) as number;
  }

  #repeated(item: Expression): Expression {
    const [found = "", least, comma, most] = /^(?:[*+?]|\{(\d+)(?:(,)(\d*))?\})/.exec(this.#ahead()) ?? [];
    if (found === "") return item;
    this.#at += found.length;
    if (this.#take("?") && this.#options.lazy !== true) throw this.#wrong(`it has the lazy "${found}?"`);
    if (found === "*") return repeat(item, 0);
    if (found === "+") return repeat(item, 1);
    if (found === "?") return repeat(item, 0, 1);
    return this.#counted(
      item,
      Number(least),
      comma === undefined ? Number(least) : most ? Number(most) : undefined,
    );
  }

  #counted(item: Expression, least: number, most: number | undefined): Expression {
    if (Math.max(least, most ?? 0) > maxRepetitions)
      throw this.#wrong(`it repeats more than ${maxRepetitions} times`);
    if (most !== undefined && most < least)
      throw this.#wrong("it has a repetition whose end is less than its beginning");
    return repeat(item, least, most);
  }

  /** A character, or both of its cases. */
  #literal(character: string): Expression {
    const code = character.codePointAt(0) as number;
    const ranges = this.#cases([code, code]);
    return ranges.length === 1
      ? { kind: "text", text: character }
      : { kind: "class", negated: false, ranges };
  }

  #cases(range: CharacterRange): readonly CharacterRange[] {
    if (this.#options.ignoreCase !== true) return [range];
    return bothCases(range) ?? this.#refuseCases();
  }

  #refuseCases(): never {
    throw this.#wrong("it has letters outside ASCII under the flag i");
  }

  /** What comes next, as far as one sign can reach. */
  #ahead(): string {
    return this.#text.slice(this.#at, this.#at + 64).join("");
  }

  #take(character: string): boolean {
    const here = this.#text[this.#at] === character;
    if (here) this.#at++;
    return here;
  }

  #wrong(what: string): GrammarError {
    const offset = this.#text.slice(0, Math.min(this.#at, this.#text.length)).join("").length;
    return GrammarError.at(this.#pattern, offset, `the regular expression cannot be used: ${what}.`);
  }
}

/** A range with the other case of its ASCII letters; undefined where other letters may have a case. */
export function bothCases(range: CharacterRange): readonly CharacterRange[] | undefined {
  const [first, last] = range;
  if (last > 0x7f) {
    const isOneWithoutCase = first === last && !hasCase(String.fromCodePoint(first));
    return isOneWithoutCase ? [range] : undefined;
  }
  const other = (from: number, to: number, shift: number): CharacterRange[] => {
    const low = Math.max(first, from);
    const high = Math.min(last, to);
    return low > high ? [] : [[low + shift, high + shift]];
  };
  return [range, ...other(0x41, 0x5a, 32), ...other(0x61, 0x7a, -32)];
}

function hasCase(character: string): boolean {
  return character.toLowerCase() !== character || character.toUpperCase() !== character;
}
