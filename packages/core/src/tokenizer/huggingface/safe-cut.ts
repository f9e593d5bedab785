// Places at which a growing text can be cut for counting, where the pattern family is known to have them.

import { knownPattern } from "../pretokenize/patterns.ts";
import { lastSafeCutInText } from "../pretokenize/safe-cut.ts";
import type { TokenizerParts } from "./huggingface-tokenizer.ts";
import { BpeModel } from "./models/bpe.ts";
import { UnicodeFormNormalizer } from "./normalizers/unicode-form.ts";
import { ByteLevelPreTokenizer } from "./pretokenizers/byte-level.ts";
import { SplitPreTokenizer } from "./pretokenizers/split.ts";

/** Finds the last safe cut in a text, 0 if there is none; undefined where no place is known to be safe. */
export function safeCutOf(parts: TokenizerParts): ((text: string) => number) | undefined {
  const { addedTokens, model, normalizer } = parts;
  const rule = knownPattern(patternOf(parts) ?? "")?.cuts ?? "none";
  const plain = normalizer === undefined || normalizer instanceof UnicodeFormNormalizer;
  const words = addedTokens.filter((token) => !parts.isControl(token));
  const spanning = words.some((token) => token.leftStrip || token.rightStrip || /\s/.test(token.content));
  if (rule === "none" || !plain || spanning || !(model instanceof BpeModel)) return undefined;
  return (text) => lastSafeCutInText(text, 0, rule);
}

/** The same for text in which control tokens may become IDs. */
export function safeCutBesideControl(parts: TokenizerParts): ((text: string) => number) | undefined {
  const spanning = parts.addedTokens.some(
    (token) => token.leftStrip || token.rightStrip || /\s/.test(token.content),
  );
  return spanning ? undefined : safeCutOf(parts);
}

/** The one pattern that cuts text for a byte-level model. */
function patternOf({ preTokenizers }: TokenizerParts): string | undefined {
  const last = preTokenizers.at(-1);
  if (!(last instanceof ByteLevelPreTokenizer) || last.addPrefixSpace) return undefined;
  const steps = [...preTokenizers.slice(0, -1), ...last.splits];
  const [only] = steps;
  return steps.length === 1 && only instanceof SplitPreTokenizer ? only.pattern.source : undefined;
}
