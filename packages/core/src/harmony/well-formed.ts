// Lone surrogates cannot be encoded; they become U+FFFD, as a TextEncoder makes them.

const loneSurrogate = /[\ud800-\udbff](?![\udc00-\udfff])|(?<![\ud800-\udbff])[\udc00-\udfff]/g;

/** ES2024; absent in older browsers. */
type Checkable = string & { readonly isWellFormed?: () => boolean };

/** `text` with every lone surrogate replaced by U+FFFD. */
export function wellFormed(text: string): string {
  if ((text as Checkable).isWellFormed?.() === true) return text;
  return text.replace(loneSurrogate, "\ufffd");
}
