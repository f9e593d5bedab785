// Mistral's tekken.json: a pattern, tokens as base64 by rank, and special tokens that take the first IDs.

import { decodeBase64 } from "../../../bytes/index.ts";
import { createEncoding } from "../../create-encoding.ts";
import type { Encoding } from "../../encoding.ts";
import type { RankedToken } from "../../vocabulary/build-trie.ts";
import { invalidTokenizer } from "../faults.ts";
import type { JsonNode } from "../json-node.ts";
import { parseTokenizerFile } from "../parse-file.ts";

/** The special tokens of files that do not list theirs, in the order of their IDs. */
const unlistedSpecials = [
  "<unk>",
  "<s>",
  "</s>",
  "[INST]",
  "[/INST]",
  "[AVAILABLE_TOOLS]",
  "[/AVAILABLE_TOOLS]",
  "[TOOL_RESULTS]",
  "[/TOOL_RESULTS]",
  "[TOOL_CALLS]",
  "[IMG]",
  "<pad>",
  "[IMG_BREAK]",
  "[IMG_END]",
  "[PREFIX]",
  "[MIDDLE]",
  "[SUFFIX]",
  "[SYSTEM_PROMPT]",
  "[/SYSTEM_PROMPT]",
  "[TOOL_CONTENT]",
];

/**
 * The tokenizer that a tekken.json describes. A token of rank `r` has the ID `r` plus the number of special tokens.
 *
 * @throws TokenwireError INVALID_TOKENIZER where the file contradicts itself, UNSUPPORTED_TOKENIZER for its pattern
 */
export function loadTekken(json: string | Uint8Array, options: { readonly name?: string } = {}): Encoding {
  const root = parseTokenizerFile(json);
  const config = root.child("config");
  const specialCount = config.child("default_num_special_tokens").index();
  const tokenCount = config.child("default_vocab_size").index() - specialCount;
  const vocab = root.child("vocab").list();
  if (tokenCount < 256 || tokenCount > vocab.length) {
    throw invalidTokenizer(
      `${config.path}.default_vocab_size`,
      `leaves ${tokenCount} ordinary tokens; the file lists ${vocab.length} and at least 256 are needed.`,
    );
  }
  return createEncoding({
    name: options.name ?? "tekken",
    pattern: config.child("pattern").string(),
    ranks: vocab.slice(0, tokenCount).map((entry) => readToken(entry, specialCount)),
    specialTokens: readSpecials(root.child("special_tokens"), specialCount),
  });
}

function readToken(entry: JsonNode, specialCount: number): RankedToken {
  const field = entry.child("token_bytes");
  try {
    return { bytes: decodeBase64(field.string()), id: entry.child("rank").index() + specialCount };
  } catch (cause) {
    throw invalidTokenizer(field.path, "expected base64.", cause);
  }
}

/** Special tokens by ID; IDs that the file does not name get a filler. */
function readSpecials(node: JsonNode, count: number): Map<string, number> {
  const names: string[] = node.isNull ? [...unlistedSpecials] : [];
  if (!node.isNull) {
    for (const entry of node.list()) {
      const rank = entry.child("rank").index();
      if (rank >= count) throw invalidTokenizer(entry.path, `the rank ${rank} is not below ${count}.`);
      names[rank] = entry.child("token_str").string();
    }
  }
  return new Map(Array.from({ length: count }, (_, id) => [names[id] ?? `<SPECIAL_${id}>`, id]));
}
