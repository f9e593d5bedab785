// What a constraint costs per token on a vocabulary of 201,088 ids: the mask of permitted tokens, for a JSON schema.
//   node scripts/run-typescript.mjs bench/engine/mask.ts
// Goal: 0.2 ms in the median. Needs the optional package @mlc-ai/web-xgrammar.

import { cpus, loadavg } from "node:os";
import { getEncoding } from "@tokenwire/encodings";
import { createXgrammarCompiler } from "../../packages/tokenwire/src/engines/grammar/index.ts";

const encoding = getEncoding("o200k_harmony");
const stop = 200002;

/** The byte-level spelling of GPT-2: printable bytes are themselves, the others are moved up. */
const letters = ((): string[] => {
  const isPrintable = (byte: number) =>
    (byte >= 33 && byte <= 126) || (byte >= 161 && byte <= 172) || (byte >= 174 && byte <= 255);
  let moved = 256;
  return Array.from({ length: 256 }, (_, byte) => String.fromCharCode(isPrintable(byte) ? byte : moved++));
})();

function textOf(id: number): string {
  try {
    return Array.from(encoding.decodeBytes([id]), (byte) => letters[byte]).join("");
  } catch {
    return `<|unused_${id}|>`;
  }
}

const schema = {
  type: "object",
  properties: {
    name: { type: "string", minLength: 1, maxLength: 40 },
    age: { type: "integer", minimum: 0, maximum: 130 },
    tags: { type: "array", items: { enum: ["a", "beta", "γ", "😀"] }, minItems: 1, maxItems: 8 },
    address: {
      type: "object",
      properties: {
        street: { type: "string" },
        city: { type: "string" },
        zip: { type: "string", pattern: "^[0-9]{5}$" },
      },
      required: ["street", "city", "zip"],
      additionalProperties: false,
    },
    notes: { type: "string" },
  },
  required: ["name", "age", "tags", "address", "notes"],
  additionalProperties: false,
};
const output = JSON.stringify({
  name: "Ada Lovelace é😀",
  age: 36,
  tags: ["a", "γ", "😀", "beta"],
  address: { street: "12 St. James's Square", city: "London", zip: "12345" },
  notes: "She wrote, in 1843, what many call the first program. 日本語も、絵文字👩‍👩‍👧も。",
});

const timed = async <T>(run: () => Promise<T>): Promise<[T, number]> => {
  const started = performance.now();
  return [await run(), performance.now() - started];
};

console.log(`${cpus().length} × ${cpus()[0]?.model ?? "unknown CPU"}, Node ${process.version}`);
console.log(`load average ${loadavg()[0]?.toFixed(1)}; the more others run, the worse the figures`);

const ids = Array.from({ length: encoding.vocabSize }, (_, id) => id);
const compiler = createXgrammarCompiler(() => ({ texts: ids.map(textOf), ids }));
const constraint = { kind: "json_schema", schema, strict: true } as const;
const stops = new Set([stop]);
const [, first] = await timed(() => compiler.compile(constraint, stops));
const [, again] = await timed(() => compiler.compile(constraint, stops));
console.log(
  `vocabulary of ${ids.length}: first schema ready after ${first.toFixed(0)} ms, again ${again.toFixed(1)} ms`,
);

const tokens = [...encoding.encode(output)];
const times: number[] = [];
for (let round = 0; round < 10; round++) {
  const matcher = await compiler.compile(constraint, stops);
  for (const token of tokens) {
    const [, milliseconds] = await timed(async () => matcher.prepare?.());
    if (!matcher.allows(token)) throw new Error(`token ${token} of a valid answer is not permitted`);
    matcher.accept(token);
    times.push(milliseconds);
  }
  await matcher.prepare?.();
  if (!matcher.allows(stop)) throw new Error("the answer cannot end where it is complete");
  matcher.dispose?.();
}
times.sort((a, b) => a - b);
const at = (share: number): string => (times[Math.floor(share * (times.length - 1))] ?? 0).toFixed(3);
console.log(
  `mask per token over ${times.length} tokens: median ${at(0.5)} ms, 95 % ${at(0.95)} ms, worst ${at(1)} ms`,
);
