// Opaque values that clients carry for us: encrypted and authenticated with a key of this server, with a version byte.

import { createCipheriv, createDecipheriv, createHmac, randomBytes } from "node:crypto";
import { invalidRequest } from "../protocol/index.ts";

const version = 1;

export class Seal {
  readonly #key: Uint8Array;

  /** @param key 32 bytes; what was sealed can be read by whoever has the same. */
  constructor(key: Uint8Array) {
    this.#key = key;
  }

  seal(text: string): string {
    const nonce = randomBytes(12);
    const cipher = createCipheriv("aes-256-gcm", this.#key, nonce);
    const body = Buffer.concat([cipher.update(text, "utf8"), cipher.final()]);
    return Buffer.concat([Buffer.of(version), nonce, cipher.getAuthTag(), body]).toString("base64url");
  }

  /** An opaque signature of a text. */
  sign(text: string): string {
    return createHmac("sha256", this.#key).update(text).digest("base64");
  }

  /** Raises 400 `invalid_encrypted_content` for anything this server did not seal. */
  open(sealed: string, path: string): string {
    try {
      const bytes = Buffer.from(sealed, "base64url");
      if (bytes[0] !== version) throw new Error("unknown version");
      const decipher = createDecipheriv("aes-256-gcm", this.#key, bytes.subarray(1, 13));
      decipher.setAuthTag(bytes.subarray(13, 29));
      return Buffer.concat([decipher.update(bytes.subarray(29)), decipher.final()]).toString("utf8");
    } catch {
      throw invalidRequest(
        path,
        `${path}: the encrypted content was not made by this server, or it was changed. Leave it out.`,
        "invalid_encrypted_content",
      );
    }
  }
}
