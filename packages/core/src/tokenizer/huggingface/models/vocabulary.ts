// Tokens and their IDs in both directions.

import { invalidTokenizer } from "../faults.ts";
import type { JsonNode } from "../json-node.ts";
import { TokenIndex } from "./token-index.ts";

const maxId = 2 ** 24;

export class TokenVocabulary {
  /** Every token by its ID; undefined where an ID has none. */
  readonly tokens: readonly (string | undefined)[];
  readonly index: TokenIndex;

  /** Of equal tokens the last is the one that text becomes. */
  constructor(tokens: readonly (string | undefined)[], index: TokenIndex = new TokenIndex(tokens)) {
    this.tokens = tokens;
    this.index = index;
  }

  /** Reads `{"token": id, …}`; of a compiled file it is there already. */
  static fromJson(node: JsonNode): TokenVocabulary {
    if (node.value instanceof TokenVocabulary) return node.value;
    const object = node.object();
    const tokens: (string | undefined)[] = [];
    for (const token in object) {
      const id = object[token];
      if (typeof id !== "number" || !Number.isInteger(id) || id < 0 || id >= maxId) {
        throw invalidTokenizer(node.path, `token ${JSON.stringify(token)} has the ID ${JSON.stringify(id)}.`);
      }
      while (tokens.length <= id) tokens.push(undefined);
      tokens[id] = token;
    }
    return new TokenVocabulary(tokens);
  }

  /** One more than the largest ID. */
  get size(): number {
    return this.tokens.length;
  }

  idOf(token: string): number | undefined {
    const id = this.index.find(token, 0, token.length);
    return id < 0 ? undefined : id;
  }

  tokenOf(id: number): string | undefined {
    return this.tokens[id];
  }
}
