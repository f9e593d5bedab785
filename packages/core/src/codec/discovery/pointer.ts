// Pointers: small documents that say where a map or policy is and what its hash is.

import { decodeUtf8Strict } from "../../bytes/index.ts";

/** An entry of an index, or the document at an id's address. */
export interface MapPointer {
  readonly id: string;
  readonly url: string;
  readonly hash: string;
  readonly published_at?: string;
}

export type JsonRecord = Readonly<Record<string, unknown>>;

/** The JSON object in some bytes, or a sentence that says why there is none. */
export function parseDocument(bytes: Uint8Array): JsonRecord | string {
  try {
    const value: unknown = JSON.parse(decodeUtf8Strict(bytes));
    if (typeof value === "object" && value !== null && !Array.isArray(value)) return value as JsonRecord;
    return "it is not a JSON object";
  } catch (cause) {
    return `it is not JSON (${cause instanceof Error ? cause.message : String(cause)})`;
  }
}

/** The pointer in a document, or a sentence that says what is wrong with it. */
export function readPointer(document: unknown, id?: string): MapPointer | string {
  if (typeof document !== "object" || document === null || Array.isArray(document))
    return "a pointer must be an object";
  const { id: given, url, hash, published_at: publishedAt } = document as JsonRecord;
  if (typeof given !== "string" || given === "") return "the pointer has no id";
  if (id !== undefined && given !== id)
    return `the pointer is for ${JSON.stringify(given)}, not for ${JSON.stringify(id)}`;
  if (typeof url !== "string" || !/^https?:\/\//i.test(url))
    return "the pointer's url is not an absolute http or https address";
  if (typeof hash !== "string" || !/^sha256:[0-9a-f]{64}$/i.test(hash))
    return "the pointer's hash is not sha256: and 64 hex digits";
  return { id: given, url, hash, ...(typeof publishedAt === "string" ? { published_at: publishedAt } : {}) };
}
