// Normalizers in order; none at all leaves the text as it is.

import type { AlignedText } from "../aligned-text.ts";
import type { Normalizer } from "./normalizer.ts";

export class SequenceNormalizer implements Normalizer {
  private readonly normalizers: readonly Normalizer[];

  constructor(normalizers: readonly Normalizer[]) {
    this.normalizers = normalizers;
  }

  get isEmpty(): boolean {
    return this.normalizers.length === 0;
  }

  normalize(text: string): string {
    return this.normalizers.reduce((current, normalizer) => normalizer.normalize(current), text);
  }

  align(text: AlignedText): AlignedText {
    return this.normalizers.reduce((current, normalizer) => normalizer.align(current), text);
  }
}
