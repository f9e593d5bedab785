// Tokens and their IDs in both directions.

import { invalidTokenizer } from "../faults.ts";
import type { JsonNode } from "../json-node.ts";

const maxId = 2 ** 24;

export class TokenVocabulary {
  /** One more than the largest ID. */
  readonly size: number;
  private readonly ids: ReadonlyMap<string, number>;
  private readonly tokens: readonly (string | undefined)[];

  constructor(ids: ReadonlyMap<string, number>, tokens: readonly (string | undefined)[]) {
    this.ids = ids;
    this.tokens = tokens;
    this.size = tokens.length;
  }

  /** Reads `{"token": id, …}`. */
  static fromJson(node: JsonNode): TokenVocabulary {
    const ids = new Map<string, number>();
    const tokens: string[] = [];
    for (const [token, id] of Object.entries(node.object())) {
      if (typeof id !== "number" || !Number.isInteger(id) || id < 0 || id >= maxId) {
        throw invalidTokenizer(node.path, `token ${JSON.stringify(token)} has the ID ${JSON.stringify(id)}.`);
      }
      ids.set(token, id);
      tokens[id] = token;
    }
    return new TokenVocabulary(ids, tokens);
  }

  /** Tokens in the order of their IDs. A token that occurs twice encodes to its last ID. */
  static fromList(tokens: readonly string[]): TokenVocabulary {
    const ids = new Map<string, number>();
    for (let id = 0; id < tokens.length; id++) ids.set(tokens[id] as string, id);
    return new TokenVocabulary(ids, tokens);
  }

  idOf(token: string): number | undefined {
    return this.ids.get(token);
  }

  tokenOf(id: number): string | undefined {
    return this.tokens[id];
  }

  /** Every token with its ID. */
  entries(): Iterable<[string, number]> {
    return this.ids.entries();
  }
}
