// A packed vocabulary with any bytes changed, cut or added either raises DAMAGED_VOCABULARY or is the same vocabulary.

import { readFileSync } from "node:fs";
import { isTokenwireError } from "@tokenwire/core";
import {
  buildTrie,
  createPackedEncoding,
  type Encoding,
  knownPatterns,
  parseTiktoken,
} from "@tokenwire/core/tokenizer";
import fc from "fast-check";
import { expect, it } from "vitest";

// A plain array, because a Buffer's `slice` is a view.
const file = Uint8Array.from(readFileSync(new URL("../data/p50k_base.bin", import.meta.url)));
const text = "Damage shows in the tokens: naïve 日本語, for (let i = 0; i < 10; i++) {}\n\n";
const backends = ["js", "wasm"] as const;

/** The fast kernel unpacks by itself where the host has it. */
function load(vocabulary: Uint8Array, backend: (typeof backends)[number] = "js"): Encoding {
  const definition = { name: "damaged", pattern: knownPatterns.gpt2, vocabulary };
  return createPackedEncoding(backend === "js" ? { ...definition, backend } : definition);
}

const whole = load(file);
const ids = Array.from(whole.encodeOrdinary(text));

function check(vocabulary: Uint8Array, backend: (typeof backends)[number]): void {
  let damaged: Encoding;
  try {
    damaged = load(vocabulary, backend);
  } catch (error) {
    expect(isTokenwireError(error) && error.code, String(error)).toBe("DAMAGED_VOCABULARY");
    return;
  }
  expect([damaged.vocabSize, ...damaged.encodeOrdinary(text)]).toEqual([whole.vocabSize, ...ids]);
}

function expectDamage(vocabulary: Uint8Array, backend: (typeof backends)[number]): void {
  expect(() => load(vocabulary, backend)).toThrow(expect.objectContaining({ code: "DAMAGED_VOCABULARY" }));
}

const runs = { numRuns: Number(process.env["TOKENWIRE_FUZZ"] ?? 60), seed: 9 };
const bit = fc.integer({ min: 0, max: 7 });

it.each(backends)("any flipped bit of the header (%s)", (backend) => {
  for (let at = 0; at < 60; at++) {
    for (let shift = 0; shift < 8; shift += 3) {
      const changed = file.slice();
      changed[at]! ^= 1 << shift;
      check(changed, backend);
    }
  }
});

it.each(backends)("any flipped bits of the rest (%s)", (backend) => {
  const place = fc.tuple(fc.integer({ min: 60, max: file.length - 1 }), bit);
  fc.assert(
    fc.property(fc.uniqueArray(place, { minLength: 1, maxLength: 4, selector: ([at]) => at }), (places) => {
      const changed = file.slice();
      for (const [at, shift] of places) changed[at]! ^= 1 << shift;
      expectDamage(changed, backend);
    }),
    runs,
  );
});

it.each(backends)("any cut and any addition (%s)", (backend) => {
  fc.assert(
    fc.property(fc.integer({ min: 0, max: file.length - 1 }), (length) => {
      expectDamage(file.slice(0, length), backend);
    }),
    runs,
  );
  for (const more of [1, 4, 64]) {
    const longer = new Uint8Array(file.length + more);
    longer.set(file);
    expectDamage(longer, backend);
  }
});

it.each(backends)("any bytes that are no vocabulary at all (%s)", (backend) => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 400 }), fc.boolean(), (bytes, hasMagic) => {
      const changed = bytes.slice();
      if (hasMagic) changed.set(file.subarray(0, Math.min(4, changed.length)));
      expectDamage(changed, backend);
    }),
    runs,
  );
});

it("any changed character of a rank file gives other tokens or DAMAGED_VOCABULARY", () => {
  const lines = Array.from(
    { length: 40 },
    (_, i) => `${btoa(String.fromCharCode(97 + (i % 26), 65 + i))} ${i}\n`,
  ).join("");
  fc.assert(
    fc.property(fc.nat(lines.length - 1), fc.string({ maxLength: 2 }), (at, other) => {
      try {
        buildTrie(parseTiktoken(lines.slice(0, at) + other + lines.slice(at + 1)));
      } catch (error) {
        expect(isTokenwireError(error) && error.code, String(error)).toBe("DAMAGED_VOCABULARY");
      }
    }),
    { ...runs, numRuns: 4 * runs.numRuns },
  );
});
