// What `encodeChat` must know about a tokenizer's control tokens: how to find them, and whether they swallow white
// space around them. The latter is found out by trying, because it is not part of the common interface.

import type { Tokenizer } from "../tokenizer/index.ts";

export interface ControlToken {
  readonly content: string;
  readonly id: number;
  readonly leftStrip: boolean;
  readonly rightStrip: boolean;
  /** Recognised only where no letter or digit touches it. */
  readonly singleWord: boolean;
  /** Left out of decoded text; markers such as `<think>` often are not. */
  readonly special: boolean;
}

export interface ControlTokens {
  readonly tokens: ReadonlyMap<string, ControlToken>;
  readonly ids: ReadonlySet<number>;
  /** Finds the longest token at each place. */
  readonly pattern: RegExp;
  /** A few tokens that do not affect the text behind them. */
  readonly neutral: readonly ControlToken[];
  /** How often a control token is spelled in a text. */
  count(text: string): number;
}

const cache = new WeakMap<Tokenizer, ControlTokens>();

export function controlTokens(tokenizer: Tokenizer): ControlTokens {
  const known = cache.get(tokenizer);
  if (known !== undefined) return known;
  const contents = [...tokenizer.specialTokens.keys()].filter((content) => content !== "");
  const pattern = new RegExp(
    [...contents]
      .sort((a, b) => b.length - a.length)
      .map(escapePattern)
      .join("|"),
    "g",
  );
  const tokens = new LazyTokens(tokenizer);
  const result: ControlTokens = {
    tokens,
    ids: new Set(tokenizer.specialTokens.values()),
    pattern,
    get neutral() {
      return contents
        .slice(0, 8)
        .map((content) => tokens.get(content)!)
        .filter(isNeutral);
    },
    count: (text) => {
      let count = 0;
      for (const _match of text.matchAll(pattern)) count++;
      return count;
    },
  };
  cache.set(tokenizer, result);
  return result;
}

function isNeutral(token: ControlToken): boolean {
  return !token.rightStrip && !token.singleWord;
}

/** Tokens described when first asked for: vocabularies reserve hundreds that never occur. */
class LazyTokens extends Map<string, ControlToken> {
  private readonly tokenizer: Tokenizer;

  constructor(tokenizer: Tokenizer) {
    super();
    this.tokenizer = tokenizer;
  }

  override get(content: string): ControlToken | undefined {
    let token = super.get(content);
    const id = this.tokenizer.specialTokens.get(content);
    if (token === undefined && id !== undefined) {
      token = describe(this.tokenizer, content, id);
      this.set(content, token);
    }
    return token;
  }
}

function describe(tokenizer: Tokenizer, content: string, id: number): ControlToken {
  const options = { allowedSpecial: [content], disallowedSpecial: [] };
  const encoded = (text: string): number[] => [...tokenizer.encode(text, options)];
  const isAlone = (text: string): boolean => encoded(text).length === 1;
  const isFoundIn = (text: string): boolean => encoded(text).includes(id);
  return {
    content,
    id,
    leftStrip: isAlone(` ${content}`),
    rightStrip: isAlone(`${content} `),
    // Tokens that are looked for in normalized text may be missed beside signs as well.
    singleWord: !isFoundIn(`a${content}a`) && isFoundIn(`-${content}-`),
    special: tokenizer.decode([id], { skipSpecialTokens: true }) === "",
  };
}

function escapePattern(text: string): string {
  return text.replace(/[\\^$.*+?()[\]{}|]/g, "\\$&");
}
