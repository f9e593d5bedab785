// The part of the tokenizer that encodings with packed vocabularies need, as an entry of its own: importing it loads a
// third of the modules, which is most of the time that a program takes to its first token.

export { encodingOfModel, replaceSpecialTokens } from "./derive-encoding.ts";
export { Encoding } from "./encoding.ts";
export { setMetricsHook } from "./metrics.ts";
export { createPackedEncoding, type PackedEncodingDefinition } from "./packed-encoding.ts";
export { knownPatterns } from "./pretokenize/shipped-patterns.ts";
