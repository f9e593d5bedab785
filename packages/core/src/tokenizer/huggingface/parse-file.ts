// Parses the JSON of a tokenizer file. JSON.parse is several times faster than the lossless parser, and these files
// are tens of megabytes; what it loses (1.0 against 1, key order) means nothing here.

import { decodeUtf8Strict } from "../../bytes/index.ts";
import { isCompiled, readCompiled } from "./compiled/read.ts";
import { invalidTokenizer } from "./faults.ts";
import { JsonNode } from "./json-node.ts";

export function parseTokenizerFile(json: string | Uint8Array): JsonNode {
  if (typeof json !== "string" && isCompiled(json)) return new JsonNode(readCompiled(json));
  const text = typeof json === "string" ? json : decodeUtf8Strict(json);
  try {
    return new JsonNode(JSON.parse(text.startsWith("\ufeff") ? text.slice(1) : text));
  } catch (cause) {
    throw invalidTokenizer("$", "the text is not JSON.", cause);
  }
}
