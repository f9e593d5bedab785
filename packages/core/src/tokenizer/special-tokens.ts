// Special tokens and the rules by which text may contain them (those of tiktoken, spelled out at `SpecialRules`).

import { TokenwireError } from "../errors.ts";
import { SpecialTokenError } from "./special-token-error.ts";
import type { EncodeOptions, SpecialTokenSet } from "./tokenizer.ts";

/** A special token found in text, in UTF-16 units. */
export interface SpecialMatch {
  readonly token: string;
  readonly index: number;
}

interface CharacterNode {
  readonly children: Map<number, CharacterNode>;
  isToken: boolean;
}

/** Finds the leftmost occurrence of any of a set of strings, the longest where several start together. */
export class SpecialMatcher {
  readonly #root: CharacterNode = { children: new Map(), isToken: false };
  /** What all strings start with. Searching for it first makes ordinary text cost one `indexOf`. */
  readonly #prefix: string;

  constructor(tokens: Iterable<string>) {
    let prefix: string | undefined;
    for (const token of tokens) {
      if (token === "")
        throw new TokenwireError("INVALID_ARGUMENT", "A special token cannot be the empty string.");
      prefix = prefix === undefined ? token : commonPrefix(prefix, token);
      let node = this.#root;
      for (let i = 0; i < token.length; i++) {
        let child = node.children.get(token.charCodeAt(i));
        if (child === undefined) {
          child = { children: new Map(), isToken: false };
          node.children.set(token.charCodeAt(i), child);
        }
        node = child;
      }
      node.isToken = true;
    }
    this.#prefix = prefix ?? "";
  }

  /** The first match at or after `from`, or undefined. */
  find(text: string, from = 0): SpecialMatch | undefined {
    if (this.#root.children.size === 0) return undefined;
    for (let index = this.#candidate(text, from); index >= 0; index = this.#candidate(text, index + 1)) {
      const length = this.#matchLength(text, index);
      if (length > 0) return { token: text.slice(index, index + length), index };
    }
    return undefined;
  }

  #candidate(text: string, from: number): number {
    if (this.#prefix !== "") return text.indexOf(this.#prefix, from);
    for (let i = from; i < text.length; i++) if (this.#root.children.has(text.charCodeAt(i))) return i;
    return -1;
  }

  #matchLength(text: string, index: number): number {
    let longest = 0;
    let node: CharacterNode | undefined = this.#root;
    for (let i = index; node !== undefined; i++) {
      if (node.isToken) longest = i - index;
      node = node.children.get(text.charCodeAt(i));
    }
    return longest;
  }
}

function commonPrefix(a: string, b: string): string {
  let length = 0;
  while (length < a.length && a[length] === b[length]) length++;
  return a.slice(0, length);
}

/** What `encode` does about special tokens in text: the resolved form of `EncodeOptions`. */
export interface SpecialRules {
  /** Raise SPECIAL_TOKEN_IN_TEXT for the leftmost of these. Checked before anything is encoded. */
  readonly disallowed: SpecialMatcher | undefined;
  /** These become their ID; undefined: none do, and the text is ordinary. */
  readonly allowed: ReadonlySet<string> | undefined;
}

const noRules: SpecialRules = { allowed: undefined, disallowed: undefined };

/** The special tokens of one encoding. */
export class SpecialTokens {
  /** Token to ID. */
  readonly ids: ReadonlyMap<string, number>;
  readonly #names: Map<number, string> = new Map();
  readonly #all: ReadonlySet<string>;
  readonly #matcher: SpecialMatcher;
  /** Nothing is allowed: made once, since short texts notice what is made for each of them. */
  readonly #strictRules: SpecialRules;

  /** Where two tokens share an ID, that ID decodes as the one that comes first in `tokens`. */
  constructor(tokens: ReadonlyMap<string, number>) {
    this.ids = tokens;
    this.#all = new Set(tokens.keys());
    this.#matcher = new SpecialMatcher(tokens.keys());
    this.#strictRules = { allowed: undefined, disallowed: this.#matcher };
    for (const [token, id] of tokens) {
      if (!Number.isInteger(id) || id < 0 || id >= 2 ** 31) {
        throw new TokenwireError(
          "INVALID_ARGUMENT",
          `Special token ${JSON.stringify(token)} has the ID ${id}; accepted are integers from 0 to ${2 ** 31 - 1}.`,
        );
      }
      if (!this.#names.has(id)) this.#names.set(id, token);
    }
  }

  /** The token with this ID, or undefined. */
  nameOf(id: number): string | undefined {
    return this.#names.get(id);
  }

  /** IDs of all special tokens, each once. */
  get idSet(): ReadonlyMap<number, string> {
    return this.#names;
  }

  /** Finds any special token of the encoding. */
  find(text: string, from: number): SpecialMatch | undefined {
    return this.#matcher.find(text, from);
  }

  /** Resolves options. `disallowedByDefault`: whether a special token that no option names raises. */
  rules(options: EncodeOptions, disallowedByDefault: boolean): SpecialRules {
    if (options.allowedSpecial === undefined && options.disallowedSpecial === undefined) {
      return disallowedByDefault ? this.#strictRules : noRules;
    }
    const allowed = this.#resolve(options.allowedSpecial ?? []);
    const wanted = options.disallowedSpecial ?? (disallowedByDefault ? "all" : []);
    return {
      allowed: allowed.size === 0 ? undefined : allowed,
      disallowed: this.#disallowedMatcher(wanted, allowed),
    };
  }

  #resolve(set: SpecialTokenSet): ReadonlySet<string> {
    if (set === "all") return this.#all;
    if (typeof set === "string") throw notASet(set);
    return set instanceof Set ? set : new Set(set);
  }

  #disallowedMatcher(set: SpecialTokenSet, allowed: ReadonlySet<string>): SpecialMatcher | undefined {
    if (set === "all") {
      if (allowed === this.#all) return undefined;
      if (allowed.size === 0) return this.#matcher;
      const rest = [...this.#all].filter((token) => !allowed.has(token));
      return rest.length === 0 ? undefined : new SpecialMatcher(rest);
    }
    const named = this.#resolve(set);
    return named.size === 0 ? undefined : new SpecialMatcher(named);
  }

  /** Raises SPECIAL_TOKEN_IN_TEXT if the rules forbid something in `text`. */
  check(text: string, rules: SpecialRules): void {
    const match = rules.disallowed?.find(text);
    if (match !== undefined) throw new SpecialTokenError(match.token, match.index);
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
    for (let match = this.find(text, 0); match !== undefined; ) {
      const { token, index } = match;
      const isAllowed = allowed.has(token);
      if (isAllowed) {
        yield { part: text.slice(start, index), id: this.ids.get(token) };
        start = index + token.length;
      }
      match = this.find(text, isAllowed ? start : index + 1);
    }
    yield { part: text.slice(start), id: undefined };
  }
}

function notASet(value: string): TokenwireError {
  return new TokenwireError(
    "INVALID_ARGUMENT",
    `Special tokens must be "all" or a list of strings, got the string ${JSON.stringify(value)}. Did you mean [${JSON.stringify(value)}]?`,
  );
}
