// What encodings with packed vocabularies need, as an entry of its own: importing it loads a third of the code, and a
// second entry for the errors would load more files, which is most of the time that a program takes to its first token.

export { didYouMean } from "../did-you-mean.ts";
export { TokenwireError } from "../errors.ts";
export { encodingOfModel, replaceSpecialTokens } from "./derive-encoding.ts";
export { Encoding } from "./encoding.ts";
export { setMetricsHook } from "./metrics.ts";
export { createPackedEncoding, type PackedEncodingDefinition } from "./packed-encoding.ts";
export { knownPatterns } from "./pretokenize/shipped-patterns.ts";
