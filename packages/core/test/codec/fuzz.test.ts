// Mutated streams: whatever arrives, decoders end with a typed error or a result. TOKENWIRE_FUZZ=<iterations> sets the size.

import {
  CodecError,
  FrameDecoder,
  FrameEncoder,
  type FrameFormat,
  TokenwireDecoder,
  TokenwireEncoder,
} from "@tokenwire/core/codec";
import { describe, expect, it } from "vitest";
import { random } from "./random.ts";

const iterations = Number(process.env["TOKENWIRE_FUZZ"] ?? 20_000);
/** Large runs take minutes. */
const timeout = Math.max(60_000, iterations);
const formats: readonly FrameFormat[] = ["msgpack", "protobuf", "msgpack-delta"];

function seedBytes(format: FrameFormat): Uint8Array {
  const encoder = new FrameEncoder(format);
  const parts = [
    encoder.frame([1, 9707, 70_000, 4_294_967_295]),
    encoder.frame([], false, undefined, [{ name: "f", argumentsJson: '{"a":1}', id: "tc_00000001" }]),
    encoder.frame(Array.from({ length: 20 }, (_, index) => index * 999)),
    encoder.frame([5], true, "stop_sequence"),
  ];
  return Uint8Array.from(parts.flatMap((part) => [...part]));
}

function tokenwireSeed(mode: 0 | 1): Uint8Array {
  const encoder = new TokenwireEncoder({ mode });
  encoder.meta({ id: "x" });
  encoder.ids([1, 9707, 70_000, 4_294_967_295, 1, 9707]);
  encoder.logprobs(Array.from({ length: 6 }, () => ({ logprob: -1, top: [{ id: 3, logprob: -2 }] })));
  encoder.toolCall({ index: 0, id: "c", name: "f", arguments: "{}", last: true }, 1);
  encoder.finish("stop", 0, { text: "END" });
  encoder.finish("length", 1);
  encoder.usage({ promptTokens: 3, completionTokens: 6 });
  encoder.end();
  return encoder.take().slice();
}

function mutate(bytes: Uint8Array, next: (below: number) => number): Uint8Array {
  const mutated = [...bytes];
  for (let count = 1 + next(4); count > 0; count--) {
    const at = next(mutated.length);
    const kind = next(4);
    if (kind === 0) mutated[at] = next(256);
    else if (kind === 1) mutated.splice(at, 1 + next(3));
    else if (kind === 2) mutated.splice(at, 0, next(256), 0xff);
    else mutated[at] = (mutated[at] ?? 0) ^ (1 << next(8));
  }
  return Uint8Array.from(mutated);
}

function survives(run: () => void): void {
  try {
    run();
  } catch (error) {
    if (!(error instanceof CodecError)) throw error;
  }
}

describe("mutated streams", () => {
  it.each(formats)(
    "%s ends in a result or a CodecError",
    (format) => {
      const seed = seedBytes(format);
      const next = random(format.length);
      for (let round = 0; round < iterations / 5; round++) {
        const bytes = mutate(seed, next);
        const cut = next(bytes.length + 1);
        survives(() => {
          const decoder = new FrameDecoder(format);
          decoder.push(bytes.subarray(0, cut), () => undefined);
          decoder.push(bytes.subarray(cut), () => undefined);
          decoder.end();
        });
      }
      expect(iterations).toBeGreaterThan(0);
    },
    timeout,
  );

  it.each([0, 1] as const)(
    "tokenwire mode %i ends in a result or a CodecError",
    (mode) => {
      const seed = tokenwireSeed(mode);
      const next = random(100 + mode);
      for (let round = 0; round < iterations / 5; round++) {
        const bytes = mutate(seed, next);
        const cut = next(bytes.length + 1);
        survives(() => {
          const decoder = new TokenwireDecoder();
          decoder.push(bytes.subarray(0, cut), () => undefined);
          decoder.push(bytes.subarray(cut), () => undefined);
          decoder.end();
        });
      }
      expect(iterations).toBeGreaterThan(0);
    },
    timeout,
  );
});
