// Choices and regular expressions as llama.cpp's grammars. https://github.com/ggml-org/llama.cpp/tree/master/grammars

import { EngineError } from "../engine.ts";

/** One of the given texts. */
export function choiceGrammar(choices: readonly string[]): string {
  return `root ::= ${choices.map(literal).join(" | ")}`;
}

/**
 * A text that matches a pattern from its beginning to its end. Groups, classes, alternatives and repetitions are
 * understood; what looks around or back is not.
 *
 * @throws EngineError `unsupported` for a pattern that says more, `invalid_request` for one that is none.
 * @example regexGrammar("[a-c]{2}-\\d+") // root ::= [a-c]{2} "-" [0-9]+
 */
export function regexGrammar(pattern: string): string {
  try {
    new RegExp(pattern, "u");
  } catch (error) {
    throw new EngineError("invalid_request", `llama-server: ${(error as Error).message}`, { cause: error });
  }
  return `root ::= ${new RegexReader(pattern).read()}`;
}

function literal(text: string): string {
  return `"${Array.from(text, (character) => escaped(character, '"')).join("")}"`;
}

/** A character inside quotes or brackets. */
function escaped(character: string, special: string): string {
  const code = character.codePointAt(0) as number;
  if (special.includes(character) || character === "\\") return `\\${character}`;
  return code < 0x20 || code === 0x7f ? `\\x${code.toString(16).padStart(2, "0")}` : character;
}

const classes: Readonly<Record<string, string>> = { d: "0-9", w: "A-Za-z0-9_", s: " \\t\\n\\r\\x0b\\x0c" };
const controls: Readonly<Record<string, string>> = { n: "\n", r: "\r", t: "\t", f: "\f", v: "\v", 0: "\0" };

class RegexReader {
  readonly #text: readonly string[];
  readonly #pattern: string;
  #at = 0;

  constructor(pattern: string) {
    this.#pattern = pattern;
    // The whole text has to match in any case.
    this.#text = Array.from(pattern.replace(/^\^/, "").replace(/(?<=(?:^|[^\\])(?:\\\\)*)\$$/, ""));
  }

  read(): string {
    const expression = this.#alternatives();
    if (this.#at < this.#text.length) throw this.#unsupported(`"${this.#text[this.#at]}"`);
    return expression;
  }

  #alternatives(): string {
    const branches = [this.#sequence()];
    while (this.#take("|")) branches.push(this.#sequence());
    return branches.join(" | ");
  }

  #sequence(): string {
    const parts: string[] = [];
    while (this.#at < this.#text.length && !"|)".includes(this.#text[this.#at] as string)) {
      parts.push(this.#item() + this.#repetition());
    }
    return parts.length === 0 ? '""' : parts.join(" ");
  }

  #item(): string {
    const character = this.#text[this.#at++] as string;
    if (character === "(") return this.#group();
    if (character === "[") return this.#class();
    if (character === ".") return "[^\\n\\r]";
    if (character === "\\") return this.#escape();
    if ("^$*+?{}".includes(character)) throw this.#unsupported(`"${character}" here`);
    return literal(character);
  }

  #group(): string {
    if (this.#take("?") && !this.#take(":"))
      throw this.#unsupported("a group that looks around or has a name");
    const inside = this.#alternatives();
    this.#at++;
    return `(${inside})`;
  }

  #escape(): string {
    const name = this.#text[this.#at] as string;
    const known = classes[name.toLowerCase()];
    if (known === undefined) return literal(this.#escapedCharacter());
    this.#at++;
    return name === name.toLowerCase() ? `[${known}]` : `[^${known}]`;
  }

  /** The character that an escape stands for; the backslash has been read. */
  #escapedCharacter(): string {
    const name = this.#text[this.#at++] as string;
    const control = controls[name];
    if (control !== undefined) return control;
    const digits = { x: 2, u: 4 }[name];
    if (digits !== undefined && this.#text[this.#at] !== "{") {
      const code = this.#text.slice(this.#at, this.#at + digits).join("");
      this.#at += digits;
      return String.fromCharCode(Number.parseInt(code, 16));
    }
    if (/[A-Za-z1-9]/.test(name)) throw this.#unsupported(`"\\${name}"`);
    return name;
  }

  #class(): string {
    let inside = this.#take("^") ? "^" : "";
    while (!this.#take("]")) inside += this.#classPart();
    return `[${inside}]`;
  }

  #classPart(): string {
    const character = this.#text[this.#at++] as string;
    if (character === "-") return "-";
    if (character !== "\\") return escaped(character, "]^-[");
    const known = classes[this.#text[this.#at] as string];
    if (known === undefined) return escaped(this.#escapedCharacter(), "]^-[");
    this.#at++;
    return known;
  }

  #repetition(): string {
    const rest = this.#text.slice(this.#at).join("");
    const [found = "", count = ""] = /^([*+?]|\{\d+(?:,\d*)?\})\??/.exec(rest) ?? [];
    this.#at += found.length;
    return count;
  }

  #take(character: string): boolean {
    const here = this.#text[this.#at] === character;
    if (here) this.#at++;
    return here;
  }

  #unsupported(what: string): EngineError {
    return new EngineError(
      "unsupported",
      `llama-server cannot be held to the pattern ${JSON.stringify(this.#pattern)}: it has ${what}.`,
    );
  }
}
