import { readVocabulary } from "../read-vocabulary.ts";

export const vocabulary = (): Uint8Array =>
  readVocabulary("p50k_base", new URL("../../data/p50k_base.bin", import.meta.url));
