export { ggufVocabulary } from "./gguf-vocabulary.ts";
export { checkRegex, checkSchema } from "./schema-check.ts";
export { createXgrammarCompiler, type GrammarVocabulary } from "./xgrammar-compiler.ts";
