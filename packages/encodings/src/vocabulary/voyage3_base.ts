import { readVocabulary } from "../read-vocabulary.ts";

export const vocabulary = (): Uint8Array =>
  readVocabulary("voyage3_base", new URL("../../data/voyage3_base.bin", import.meta.url));
