// Who a request comes from: an API key, or what a program's own function says. Of keys only digests are kept, and they
// are compared in constant time. The answer also names the tenant, so that stored objects of one do not exist for another.

import { createHash, timingSafeEqual } from "node:crypto";
import type { IncomingHttpHeaders } from "node:http";
import { ApiError } from "../protocol/index.ts";

/**
 * Finds the caller of a request by its headers, for tokens of an identity provider. The name it gives separates stored
 * objects and limits; undefined refuses the request with 401.
 */
export type Authenticate = (
  headers: Readonly<IncomingHttpHeaders>,
) => string | undefined | Promise<string | undefined>;

function digest(text: string): Buffer {
  return createHash("sha256").update(text).digest();
}

/** `sha256:` and 64 hexadecimal digits stand for a key that is not written down. */
function digestOfKey(key: string): Buffer {
  const hashed = /^sha256:([0-9a-f]{64})$/i.exec(key);
  return hashed ? Buffer.from(hashed[1]!, "hex") : digest(key);
}

/** The key of a request: `Authorization: Bearer KEY` or `X-Api-Key: KEY`. */
function presentedKey(headers: IncomingHttpHeaders): string | undefined {
  const bearer = /^Bearer\s+(.+)$/i.exec(headers.authorization ?? "");
  if (bearer) return bearer[1]!.trim();
  const key = headers["x-api-key"];
  return typeof key === "string" ? key : undefined;
}

export class Authenticator {
  readonly #digests: readonly Buffer[];
  readonly #hook: Authenticate | undefined;

  constructor(keys: readonly string[], hook?: Authenticate) {
    this.#digests = keys.map(digestOfKey);
    this.#hook = hook;
  }

  /** Whether requests have to say who they come from. */
  get required(): boolean {
    return this.#digests.length > 0 || this.#hook !== undefined;
  }

  /** The tenant of a request. Raises 401, or rejects with it, when it has none. */
  authenticate(headers: IncomingHttpHeaders): string | Promise<string> {
    if (!this.required) return "public";
    const key = presentedKey(headers);
    const given = digest(key ?? "");
    // Every key is compared, so that the time taken does not depend on which one matches.
    let found = false;
    for (const known of this.#digests) if (timingSafeEqual(known, given)) found = true;
    if (key !== undefined && found) return given.toString("hex", 0, 16);
    if (this.#hook === undefined) throw refusal(key);
    return this.#ask(this.#hook, headers, key);
  }

  async #ask(hook: Authenticate, headers: IncomingHttpHeaders, key: string | undefined): Promise<string> {
    const name = await hook(headers);
    if (name === undefined || name === "") throw refusal(key);
    // No name can be the tenant of a key.
    return `user-${digest(name).toString("hex", 0, 16)}`;
  }
}

function refusal(key: string | undefined): ApiError {
  return new ApiError(
    401,
    key === undefined
      ? "No API key was given. Send it as 'Authorization: Bearer KEY' or 'X-Api-Key: KEY'."
      : "The API key is not valid.",
    { wireCode: "invalid_api_key", headers: { "www-authenticate": "Bearer" } },
  );
}
