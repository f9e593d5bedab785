// Special tokens and the rules by which text may contain them (those of tiktoken, spelled out at `SpecialRules`).

import { refuse } from "./arguments.ts";
import { SpecialTokenError } from "./special-token-error.ts";
import type { EncodeOptions, SpecialTokenSet } from "./tokenizer.ts";

/** Finds the leftmost of some strings at or after `from`, the longest where several start together. */
type Finder = (text: string, from?: number) => RegExpExecArray | null;

/** A finder of all `tokens`; undefined if there are none. */
function finderOf(tokens: Iterable<string>): Finder | undefined {
  const sorted = [...tokens].sort();
  const first = sorted[0];
  if (first === undefined) return undefined;
  if (first === "") refuse("a special token must be a string of at least one character", first);
  // What the first and the last of them start with, all do. Looking for it makes ordinary text cost one `indexOf`.
  let length = 0;
  while (length < first.length && first[length] === sorted.at(-1)![length]) length++;
  const prefix = first.slice(0, length);
  let pattern: RegExp | undefined;
  return (text, from = 0) => {
    const start = text.indexOf(prefix, from);
    if (start < 0) return null;
    // From the last to the first, a longer token comes before those that it starts with.
    pattern ??= new RegExp(sorted.reverse().map(escapePattern).join("|"), "g");
    pattern.lastIndex = start;
    return pattern.exec(text);
  };
}

function escapePattern(text: string): string {
  return text.replace(/[\\^$.*+?()[\]{}|]/g, "\\$&");
}

/** What `encode` does about special tokens in text: the resolved form of `EncodeOptions`. */
export interface SpecialRules {
  /** Raise SPECIAL_TOKEN_IN_TEXT for the leftmost of these. Checked before anything is encoded. */
  readonly disallowed?: Finder | undefined;
  /** These become their ID; undefined: none do, and the text is ordinary. */
  readonly allowed?: ReadonlySet<string> | undefined;
}

const noRules: SpecialRules = {};

/** The special tokens of one encoding. */
export class SpecialTokens {
  /** Token to ID. */
  readonly ids: ReadonlyMap<string, number>;
  readonly #names: Map<number, string> = new Map();
  readonly #all: ReadonlySet<string>;
  readonly #find: Finder | undefined;
  /** Nothing is allowed: made once, since short texts notice what is made for each of them. */
  readonly #strictRules: SpecialRules;

  /** Where two tokens share an ID, that ID decodes as the one that comes first in `tokens`. */
  constructor(tokens: ReadonlyMap<string, number>) {
    this.ids = tokens;
    this.#all = new Set(tokens.keys());
    this.#find = finderOf(this.#all);
    this.#strictRules = { disallowed: this.#find };
    for (const [token, id] of tokens) {
      if (!Number.isInteger(id) || id < 0 || id >= 2 ** 31) {
        refuse(`the ID of ${JSON.stringify(token)} must be an integer from 0 to ${2 ** 31 - 1}`, id);
      }
      if (!this.#names.has(id)) this.#names.set(id, token);
    }
  }

  /** The token with this ID, or undefined. */
  nameOf(id: number): string | undefined {
    return this.#names.get(id);
  }

  /** Resolves options. `disallowedByDefault`: whether a special token that no option names raises. */
  rules(options: EncodeOptions, disallowedByDefault: boolean): SpecialRules {
    const { allowedSpecial, disallowedSpecial } = options;
    if (allowedSpecial === undefined && disallowedSpecial === undefined) {
      return disallowedByDefault ? this.#strictRules : noRules;
    }
    const allowed = this.#resolve(allowedSpecial ?? []);
    const disallowed = this.#disallowed(disallowedSpecial ?? (disallowedByDefault ? "all" : []), allowed);
    return { allowed: allowed.size === 0 ? undefined : allowed, disallowed };
  }

  #resolve(set: SpecialTokenSet): ReadonlySet<string> {
    if (set === "all") return this.#all;
    if (typeof set === "string") {
      refuse(
        'special tokens must be "all" or a list of strings',
        set,
        ` Did you mean [${JSON.stringify(set)}]?`,
      );
    }
    return set instanceof Set ? set : new Set(set);
  }

  #disallowed(set: SpecialTokenSet, allowed: ReadonlySet<string>): Finder | undefined {
    if (set !== "all") return finderOf(this.#resolve(set));
    if (allowed === this.#all) return undefined;
    return allowed.size === 0 ? this.#find : finderOf([...this.#all].filter((token) => !allowed.has(token)));
  }

  /** Raises SPECIAL_TOKEN_IN_TEXT if the rules forbid something in `text`. */
  check(text: string, { disallowed }: SpecialRules): void {
    const match = disallowed?.(text);
    if (match) throw new SpecialTokenError(match[0], match.index);
  }

  /**
   * Cuts `text` at the allowed tokens: every part, which may be empty, with the ID of the token that follows it. The
   * last part has none after it.
   */
  *segments(
    text: string,
    allowed: ReadonlySet<string>,
  ): Generator<{ readonly part: string; readonly id: number | undefined }> {
    let start = 0;
    for (let match = this.#find?.(text); match; ) {
      const { 0: token, index } = match;
      const isAllowed = allowed.has(token);
      if (isAllowed) {
        yield { part: text.slice(start, index), id: this.ids.get(token) };
        start = index + token.length;
      }
      match = this.#find?.(text, isAllowed ? start : index + 1);
    }
    yield { part: text.slice(start), id: undefined };
  }
}
