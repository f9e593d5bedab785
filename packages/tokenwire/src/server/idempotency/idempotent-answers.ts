// `Idempotency-Key`: requests of one client with the same key and body get one answer, made once, whether they come at
// the same time or a day apart. Answers that failed are made again. What is kept is bounded in number, bytes and age.

import { createHash } from "node:crypto";
import { setTimeout as delay } from "node:timers/promises";
import { type JsonValue, stringifyJson } from "@tokenwire/core/json";
import { ApiError, invalidRequest } from "../../protocol/index.ts";
import type { Route, RouteContext } from "../context.ts";
import type { HeldClaims } from "../held-claims.ts";
import { DetachedAnswers } from "./detached.ts";
import { Recording } from "./recording.ts";

export interface IdempotencyLimits {
  /** Answers that are kept. */
  readonly answers: number;
  /** Bytes of all that are kept. */
  readonly bytes: number;
  /** Milliseconds. */
  readonly age: number;
}

export const idempotencyLimits: IdempotencyLimits = {
  answers: 10_000,
  bytes: 64 * 1024 * 1024,
  age: 24 * 3_600_000,
};

interface Entry {
  readonly body: string;
  readonly recording: Recording;
  readonly expires: number;
  /** Counted among all bytes that are kept. */
  bytes: number;
}

export interface IdempotencyOptions {
  readonly limits?: IdempotencyLimits;
  /** For tests. */
  readonly now?: () => number;
  /** Where several servers share a store. Answers of up to a megabyte are left there for the others. */
  readonly claims?: HeldClaims | undefined;
}

/** Bytes of an answer that is left for other servers. */
const maxShared = 1 << 20;
/** Milliseconds between two looks at an answer that another server makes. */
const lookInterval = 100;

const usableKey = /^[\x21-\x7e]{1,255}$/;

export class IdempotentAnswers {
  readonly #limits: IdempotencyLimits;
  readonly #now: () => number;
  readonly #claims: HeldClaims | undefined;
  readonly #detached: DetachedAnswers = new DetachedAnswers();
  /** By the digest of tenant, address and key, which may be long; in the order of their beginning. */
  readonly #entries: Map<string, Entry> = new Map();
  #bytes = 0;

  constructor({
    limits = idempotencyLimits,
    now = () => performance.now(),
    claims,
  }: IdempotencyOptions = {}) {
    this.#limits = limits;
    this.#now = now;
    this.#claims = claims;
  }

  /** How many answers are kept or being made. */
  get count(): number {
    return this.#entries.size;
  }

  /** Answers a request that has a key. Raises 400 for an unusable key and 409 for one that had another body. */
  async answer(route: Route, context: RouteContext): Promise<void> {
    const { request, reply, tenant, server } = context;
    const given = String(request.headers["idempotency-key"]);
    if (!usableKey.test(given)) {
      throw invalidRequest(
        "Idempotency-Key",
        "Idempotency-Key: expected 1 to 255 printable ASCII characters without spaces.",
      );
    }
    const key = digest(`${tenant}\n${request.url}\n${given}`);
    const body = digest(bodyText(request.body as JsonValue | Buffer | undefined));
    const known = this.#find(key);
    if (known !== undefined && known.body !== body) throw keyReused();
    if (known !== undefined) void reply.header("idempotent-replayed", "true");
    const { recording } = known ?? this.#begin(key, body, route, context);
    await recording.replay(reply, server.settings.timeouts.stalledReader);
  }

  #find(key: string): Entry | undefined {
    const entry = this.#entries.get(key);
    if (entry === undefined) return undefined;
    if (entry.recording.isAlive && entry.expires > this.#now()) return entry;
    this.#drop(key, entry);
    return undefined;
  }

  #begin(key: string, body: string, route: Route, context: RouteContext): Entry {
    const recording = new Recording();
    const entry: Entry = { body, recording, expires: this.#now() + this.#limits.age, bytes: 0 };
    this.#entries.set(key, entry);
    // The answer outlives its first request when another one waits for it.
    const signal = AbortSignal.any([recording.signal, context.server.shutdown]);
    const make = (): Promise<void> =>
      this.#detached.run(context.request.url, recording, (reply) =>
        route.handle({ ...context, reply, signal }),
      );
    void this.#makeOnce(key, entry, context, make).catch((error: unknown) => {
      recording.fail(error);
      this.#keep(key, entry, false);
    });
    return entry;
  }

  /** Makes an answer, unless another server has made it, or is making it. */
  async #makeOnce(
    key: string,
    entry: Entry,
    context: RouteContext,
    make: () => Promise<void>,
  ): Promise<void> {
    const { recording, body } = entry;
    const name = `answer ${key}`;
    const made = await this.#madeElsewhere(name, body, recording.signal);
    if (made === undefined) await make();
    else if (!recording.ended) recording.fill(made);
    const isWhole = !context.observation.wasCutShort;
    if (made === undefined) this.#share(name, recording, isWhole);
    this.#keep(key, entry, isWhole);
  }

  /** The answer of another server, once there is one; undefined: it is this one's to make. */
  async #madeElsewhere(name: string, body: string, signal: AbortSignal): Promise<Uint8Array | undefined> {
    for (;;) {
      const claimed = await this.#claims?.take(name, body);
      if (claimed === undefined) return undefined;
      if (claimed.note !== body) throw keyReused();
      if (claimed.value !== undefined) return claimed.value;
      await delay(lookInterval, undefined, { signal });
    }
  }

  #share(name: string, recording: Recording, isWhole: boolean): void {
    if (isWhole && recording.isUsable && recording.size <= maxShared) {
      this.#claims?.settle(name, recording.toBytes(), this.#limits.age);
    } else this.#claims?.release(name);
  }

  #keep(key: string, entry: Entry, isWhole: boolean): void {
    if (this.#entries.get(key) !== entry) return;
    entry.bytes = entry.recording.size;
    this.#bytes += entry.bytes;
    if (!entry.recording.isUsable || !isWhole) this.#drop(key, entry);
    for (const [oldest, candidate] of this.#entries) {
      const isFull = this.#entries.size > this.#limits.answers || this.#bytes > this.#limits.bytes;
      if (!isFull && candidate.expires > this.#now()) return;
      if (candidate.recording.ended) this.#drop(oldest, candidate);
    }
  }

  #drop(key: string, entry: Entry): void {
    this.#bytes -= entry.bytes;
    this.#entries.delete(key);
  }
}

function keyReused(): ApiError {
  return new ApiError(409, "This Idempotency-Key was used with another body. Take a new key.", {
    param: "Idempotency-Key",
    wireCode: "idempotency_key_reused",
  });
}

/** Equal for bodies that say the same, however they were spaced. */
function bodyText(body: JsonValue | Buffer | undefined): string | Buffer {
  return Buffer.isBuffer(body) ? body : body === undefined ? "" : stringifyJson(body);
}

function digest(text: string | Buffer): string {
  return createHash("sha256").update(text).digest("base64");
}
