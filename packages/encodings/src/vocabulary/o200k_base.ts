import { readVocabulary } from "../read-vocabulary.ts";

export const vocabulary = (): Uint8Array =>
  readVocabulary("o200k_base", new URL("../../data/o200k_base.bin", import.meta.url));
