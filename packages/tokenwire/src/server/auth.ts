// API keys. Only digests are kept, and compared in constant time. The digest also names the tenant, so that stored
// objects of one key do not exist for another.

import { createHash, timingSafeEqual } from "node:crypto";
import type { IncomingHttpHeaders } from "node:http";
import { ApiError } from "../protocol/index.ts";

function digest(text: string): Buffer {
  return createHash("sha256").update(text).digest();
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

  constructor(keys: readonly string[]) {
    this.#digests = keys.map(digest);
  }

  /** Whether keys are required at all. */
  get required(): boolean {
    return this.#digests.length > 0;
  }

  /** The tenant of a request. Raises 401 when a key is required and missing or wrong. */
  authenticate(headers: IncomingHttpHeaders): string {
    if (!this.required) return "public";
    const key = presentedKey(headers);
    const given = digest(key ?? "");
    // Every key is compared, so that the time taken does not depend on which one matches.
    let found = false;
    for (const known of this.#digests) if (timingSafeEqual(known, given)) found = true;
    if (key === undefined || !found) {
      throw new ApiError(
        401,
        key === undefined
          ? "No API key was given. Send it as 'Authorization: Bearer KEY' or 'X-Api-Key: KEY'."
          : "The API key is not valid.",
        { wireCode: "invalid_api_key", headers: { "www-authenticate": "Bearer" } },
      );
    }
    return given.toString("hex", 0, 16);
  }
}
