// One response at a time is made in a conversation, whichever server of those that share a store makes it.

import { setTimeout as delay } from "node:timers/promises";
import { ApiError } from "../../protocol/index.ts";
import type { HeldClaims } from "../held-claims.ts";

/** Milliseconds that another server may take to tell that a response it has sent is complete. */
const patience = 300;
const lookInterval = 30;

export class ConversationLocks {
  readonly #locked: Set<string> = new Set();
  readonly #claims: HeldClaims | undefined;

  constructor(claims?: HeldClaims) {
    this.#claims = claims;
  }

  /**
   * Reserves a conversation; call the result at the end. Without a conversation there is nothing to reserve.
   *
   * @throws ApiError 409 `conversation_locked` when another response is being made in it.
   */
  async lock(tenant: string, id: string | undefined): Promise<() => void> {
    if (id === undefined) return () => undefined;
    const name = `conversation ${JSON.stringify([tenant, id])}`;
    if (this.#locked.has(name)) throw conversationLocked(id);
    this.#locked.add(name);
    try {
      if (!(await this.#claim(name))) throw conversationLocked(id);
    } catch (error) {
      this.#locked.delete(name);
      throw error;
    }
    return () => {
      if (this.#locked.delete(name)) this.#claims?.release(name);
    };
  }

  async #claim(name: string): Promise<boolean> {
    if (this.#claims === undefined) return true;
    for (let waited = 0; waited <= patience; waited += lookInterval) {
      if ((await this.#claims.take(name)) === undefined) return true;
      await delay(lookInterval);
    }
    return false;
  }
}

function conversationLocked(id: string): ApiError {
  return new ApiError(
    409,
    `Another response is being made in the conversation '${id}'. Retry when it is complete.`,
    { param: "conversation", wireCode: "conversation_locked" },
  );
}
