// Endless training data: part p of step s is always the same documents, whichever worker asks for it.

import { Segmenter } from "../../packages/tokenwire/src/engines/embedded/segment.ts";
import { createDocument } from "./corpus/document.ts";
import { mixSeed, Random } from "./corpus/random.ts";
import type { Run } from "./corpus/transcript.ts";
import type { Batch } from "./network.ts";
import { type Row, toByteString } from "./vocabulary.ts";

/** Turns documents into rows of the model's table. */
export class DocumentEncoder {
  readonly #segmenter: Segmenter;
  readonly #specials: ReadonlyMap<string, number>;

  constructor(rows: readonly Row[]) {
    const ordinary = new Map<string, number>();
    const specials = new Map<string, number>();
    rows.forEach((row, index) => {
      (row.special ? specials : ordinary).set(row.bytes, index);
    });
    this.#segmenter = new Segmenter(ordinary);
    this.#specials = specials;
  }

  /** Appends a document. Texts that touch are cut as one, as they are in a prompt. */
  encode(runs: readonly Run[], tokens: number[], weights: number[]): void {
    let text = "";
    let weight = 0;
    const flush = (): void => {
      if (text === "") return;
      const before = tokens.length;
      this.#segmenter.segment(toByteString(text), tokens);
      for (let i = before; i < tokens.length; i++) weights.push(weight);
      text = "";
    };
    for (const run of runs) {
      if ("text" in run) {
        text += run.text;
        weight = run.weight;
        continue;
      }
      flush();
      const row = this.#specials.get(run.special);
      if (row === undefined) throw new RangeError(`The table has no special token <|${run.special}|>`);
      tokens.push(row);
      weights.push(run.weight);
    }
    flush();
  }
}

/** Whole documents up to `capacity` tokens, at least four fifths of it; `drills` is the share of drills among them. */
export function createBatch(
  encoder: DocumentEncoder,
  seed: number,
  step: number,
  part: number,
  capacity: number,
  drills = 0,
): Batch {
  const random = new Random(mixSeed(seed, step, part));
  const tokens: number[] = [];
  const targets: number[] = [];
  const weights: number[] = [];
  const lengths: number[] = [];
  while (tokens.length < capacity * 0.8) {
    const documentTokens: number[] = [];
    const documentWeights: number[] = [];
    encoder.encode(createDocument(random, drills), documentTokens, documentWeights);
    const length = documentTokens.length - 1;
    if (tokens.length + length > capacity) continue;
    for (let i = 0; i < length; i++) {
      tokens.push(documentTokens[i] ?? 0);
      targets.push(documentTokens[i + 1] ?? 0);
      weights.push(documentWeights[i + 1] ?? 0);
    }
    lengths.push(length);
  }
  return {
    tokens: Int32Array.from(tokens),
    targets: Int32Array.from(targets),
    weights: Float32Array.from(weights),
    lengths,
  };
}
