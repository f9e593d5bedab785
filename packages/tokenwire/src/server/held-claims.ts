// The claims that this server holds among those that share its store, renewed as long as it holds them.

import type { Logger } from "pino";
import { newId } from "../protocol/index.ts";
import type { Claimed, Claims } from "../store/index.ts";

export class HeldClaims {
  /** This server, among those that share the store. */
  readonly #owner: string = newId("srv_");
  readonly #claims: Claims;
  readonly #log: Logger;
  readonly #held: Set<string> = new Set();
  #timer: NodeJS.Timeout | undefined;

  constructor(claims: Claims, log: Logger) {
    this.#claims = claims;
    this.#log = log;
  }

  /** Takes a name; else what is known of it. */
  async take(name: string, note = ""): Promise<Claimed | undefined> {
    const claimed = await this.#claims.take(this.#owner, name, note);
    if (claimed !== undefined) return claimed;
    this.#held.add(name);
    this.#timer ??= setInterval(() => void this.#renew(), this.#claims.duration / 3).unref();
    return undefined;
  }

  release(name: string): void {
    this.#drop(name);
    this.#claims.release(this.#owner, name).catch(this.#report);
  }

  /** Leaves a value under a name instead, for so many milliseconds. */
  settle(name: string, value: Uint8Array, age: number): void {
    this.#drop(name);
    this.#claims.settle(this.#owner, name, value, age).catch(this.#report);
  }

  #drop(name: string): void {
    this.#held.delete(name);
    if (this.#held.size > 0) return;
    clearInterval(this.#timer);
    this.#timer = undefined;
  }

  async #renew(): Promise<void> {
    await this.#claims.renew(this.#owner, [...this.#held]).catch(this.#report);
  }

  /** A claim that cannot be freed ends by itself. */
  readonly #report = (error: unknown): void => {
    this.#log.error({ err: error }, "cannot write a claim");
  };
}
