// A pre-tokenizer for any pattern: the hand-written scanner of a known one, or the host's regular expressions.

import { encodeUtf8 } from "../../bytes/index.ts";
import { regexPattern } from "../huggingface/pattern.ts";
import { knownPreTokenizer, type PreTokenizer } from "./known-pre-tokenizer.ts";
import { knownPattern } from "./patterns.ts";
import type { Scanner } from "./scanner.ts";

/**
 * A pre-tokenizer for any pattern. One that is not known by heart runs on the host's regular expressions: slower,
 * with the host's Unicode version, and with the risks of the pattern. Raises UNSUPPORTED_TOKENIZER for a construct
 * that has no exact counterpart.
 */
export function createPreTokenizer(pattern: string): PreTokenizer {
  const known = knownPattern(pattern);
  if (known !== undefined) return knownPreTokenizer(pattern, known);
  const regex = regexPattern(pattern, "pattern", "rust");
  return { pattern, cuts: "none", scannerFor: (bytes, length) => regexScanner(regex, bytes, length) };
}

/** Runs the expression over the whole text once; the scanner then reads the result. */
function regexScanner(regex: ReturnType<typeof regexPattern>, bytes: Uint8Array, length: number): Scanner {
  const text = new TextDecoder("utf-8", { ignoreBOM: true }).decode(bytes.subarray(0, length));
  const ends = new Map<number, number>();
  let at = 0;
  let position = 0;
  const advance = (to: number): number => {
    position += encodeUtf8(text.slice(at, to)).length;
    at = to;
    return position;
  };
  for (const [start, end] of regex.matches(text)) {
    if (start === end) continue;
    const from = position;
    const matchStart = advance(start);
    if (matchStart > from) ends.set(from, -matchStart);
    ends.set(matchStart, advance(end));
  }
  if (position < length) ends.set(position, -length);
  return (_, start) => ends.get(start)!;
}
