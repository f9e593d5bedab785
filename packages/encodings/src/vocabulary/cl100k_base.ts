import { readVocabulary } from "../read-vocabulary.ts";

export const vocabulary = (): Uint8Array =>
  readVocabulary("cl100k_base", new URL("../../data/cl100k_base.bin", import.meta.url));
