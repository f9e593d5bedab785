// Text normalisation before tokenization, from a map's `ext.normalizers`.

import type { MapNormalizer } from "../maps/tokenizer-map.ts";

const forms: Readonly<Record<string, "NFC" | "NFD" | "NFKC" | "NFKD">> = {
  nfc: "NFC",
  nfd: "NFD",
  nfkc: "NFKC",
  nfkd: "NFKD",
};

/** A lone surrogate is not text; it becomes U+FFFD, as in `TextEncoder`. */
const loneSurrogate = /\p{Surrogate}/u;

function apply(text: string, step: MapNormalizer): string {
  switch (step.type) {
    case "lowercase":
      return text.toLowerCase();
    case "strip_accents":
      return text.replace(/\p{Mn}/gu, "");
    case "replace":
      return text.replaceAll(step.from, step.to);
    case "prepend":
      return text === "" ? text : step.text + text;
    default:
      return text.normalize(forms[step.type]);
  }
}

export function normalize(text: string, steps: readonly MapNormalizer[]): string {
  let result = loneSurrogate.test(text) ? text.replace(/\p{Surrogate}/gu, "\ufffd") : text;
  for (const step of steps) result = apply(result, step);
  return result;
}

/**
 * How much of `text` can be normalised now: appending more text does not change the normalised form of what is before.
 * Undefined when a normalizer needs the whole text.
 */
export function stableLength(text: string, steps: readonly MapNormalizer[]): number | undefined {
  let length = text.length;
  for (const { type } of steps) {
    if (type === "replace" || type === "prepend" || type === "lowercase") return undefined;
    length = Math.min(length, lastStarter(text));
  }
  return length;
}

/**
 * Start of the last character that can begin a normalised sequence. Only a character that composes with nothing before
 * it is a safe border: ASCII is, and so is anything that is not a mark and not a conjoining Hangul letter.
 */
function lastStarter(text: string): number {
  for (let at = text.length - 1; at >= 0; at--) {
    const unit = text.charCodeAt(at);
    if (unit < 0x80 || (unit < 0x300 && unit > 0xa0) || safeStarter.test(text[at]!)) return at;
  }
  return 0;
}

const safeStarter =
  /^(?=[\p{L}\p{N}\p{P}\p{Zs}])[^\p{M}\u1100-\u11ff\uac00-\ud7ff\uff9e\uff9f\ud800-\udfff]$/u;
