import { readVocabulary } from "../read-vocabulary.ts";

export const vocabulary = (): Uint8Array => readVocabulary("o200k_base");
