// The tokenizers that are measured, each behind the same two functions. Peers are looked up at run time: in the folder
// given with --peers, else where this repository's packages are. Those that are missing are left out.

import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { join, resolve } from "node:path";
import { pathToFileURL } from "node:url";
import type { EncodingUnderTest } from "./job.ts";

/** One tokenizer, loaded. */
export interface Candidate {
  encode(text: string): ArrayLike<number>;
  count?(text: string): number;
  decode?(ids: ArrayLike<number>): string;
}

/** Loads a tokenizer, or throws if it is not installed. */
export type Loader = (encoding: EncodingUnderTest, peers: string | undefined) => Promise<Candidate>;

function importFrom(peers: string | undefined, specifier: string): Promise<Record<string, unknown>> {
  if (peers === undefined) return import(specifier) as Promise<Record<string, unknown>>;
  const require = createRequire(join(resolve(peers), "..", "package.json"));
  return import(pathToFileURL(require.resolve(specifier)).href) as Promise<Record<string, unknown>>;
}

async function tokenwire(encoding: EncodingUnderTest, backend: "wasm" | "js"): Promise<Candidate> {
  const { createPackedEncoding, knownPatterns } = await import("@tokenwire/core/tokenizer/packed");
  const vocabulary = readFileSync(new URL(`../../packages/encodings/data/${encoding}.bin`, import.meta.url));
  const pattern = encoding === "o200k_base" ? knownPatterns.o200k : knownPatterns.cl100k;
  const made = createPackedEncoding({
    name: encoding,
    pattern,
    vocabulary,
    ...(backend === "js" && { backend }),
  });
  // The others make their tables when they are loaded; the first measured text would wait for ours.
  made.prepare();
  return {
    encode: (input) => made.encodeOrdinary(input),
    count: (input) => made.count(input),
    decode: (ids) => made.decode(ids),
  };
}

/** Every candidate by name; ours first. */
export const candidates: Readonly<Record<string, Loader>> = {
  tokenwire: (encoding) => tokenwire(encoding, "wasm"),
  "tokenwire (js)": (encoding) => tokenwire(encoding, "js"),
  async hypertok(encoding, peers) {
    const { fromBytes } = await importFrom(peers, "hypertok");
    const short = encoding === "o200k_base" ? "o200k" : "cl100k";
    const { vocabulary } = await importFrom(peers, `@hypertok/vocab-${short}`);
    const tokenizer = await (
      fromBytes as (
        bytes: Uint8Array,
      ) => Promise<{ encodeSync(text: string): Uint32Array; decode(ids: ArrayLike<number>): string }>
    )(new Uint8Array(readFileSync(vocabulary as URL)));
    return { encode: (text) => tokenizer.encodeSync(text), decode: (ids) => tokenizer.decode(ids) };
  },
  async "gpt-tokenizer"(encoding, peers) {
    const module = (await importFrom(peers, `gpt-tokenizer/encoding/${encoding}`)) as {
      encode(text: string, options: object): number[];
      countTokens(text: string, options: object): number;
      decode(ids: Iterable<number>): string;
    };
    const options = { disallowedSpecial: new Set<string>() };
    return {
      encode: (text) => module.encode(text, options),
      count: (text) => module.countTokens(text, options),
      decode: (ids) => module.decode(ids as unknown as Iterable<number>),
    };
  },
  async "tiktoken (wasm)"(encoding, peers) {
    const { get_encoding } = (await importFrom(peers, "tiktoken")) as {
      get_encoding(name: string): { encode_ordinary(text: string): Uint32Array };
    };
    const made = get_encoding(encoding);
    return { encode: (text) => made.encode_ordinary(text) };
  },
  async "js-tiktoken"(encoding, peers) {
    const { getEncoding } = (await importFrom(peers, "js-tiktoken")) as {
      getEncoding(name: string): { encode(text: string, allowed: [], disallowed: []): number[] };
    };
    const made = getEncoding(encoding);
    return { encode: (text) => made.encode(text, [], []) };
  },
};
