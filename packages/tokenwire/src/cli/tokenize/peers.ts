// Other tokenizers that may be installed, for `tokenwire bench tokenizer`. None is a dependency: they are looked up in
// the current project, or in the folder given with --peers.

import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { join, resolve } from "node:path";
import { pathToFileURL } from "node:url";
import type { Encoding } from "@tokenwire/core/tokenizer";
import { tokenizerJsonOf } from "./tokenizer-json.ts";

/** A tokenizer to measure: text to IDs, special tokens as text. */
export type EncodeFunction = (text: string) => ArrayLike<number>;

type Import = (specifier: string) => Promise<Record<string, unknown>>;

type PeerLoader = (encoding: Encoding, load: Import) => Promise<EncodeFunction>;

const loaders: Readonly<Record<string, PeerLoader>> = {
  async tiktoken({ name }, load) {
    const { get_encoding } = (await load("tiktoken")) as {
      get_encoding(name: string): { encode_ordinary(text: string): Uint32Array };
    };
    const made = get_encoding(name);
    return (text) => made.encode_ordinary(text);
  },
  async "js-tiktoken"({ name }, load) {
    const { getEncoding } = (await load("js-tiktoken")) as {
      getEncoding(name: string): { encode(text: string, allowed: [], disallowed: []): number[] };
    };
    const made = getEncoding(name);
    return (text) => made.encode(text, [], []);
  },
  async "gpt-tokenizer"({ name }, load) {
    const { encode } = (await load(`gpt-tokenizer/encoding/${name}`)) as {
      encode(text: string, options: object): number[];
    };
    const options = { disallowedSpecial: new Set<string>() };
    return (text) => encode(text, options);
  },
  async hypertok({ name }, load) {
    const { fromBytes } = (await load("hypertok")) as {
      fromBytes(bytes: Uint8Array): Promise<{ encodeSync(text: string): Uint32Array }>;
    };
    const { vocabulary } = (await load(`@hypertok/vocab-${name.replace("_base", "")}`)) as {
      vocabulary: URL;
    };
    const made = await fromBytes(new Uint8Array(readFileSync(vocabulary)));
    return (text) => made.encodeSync(text);
  },
  async "@huggingface/tokenizers"(encoding, load) {
    interface HuggingFace {
      readonly Tokenizer: new (
        json: object,
        config: object,
      ) => { encode(text: string, options: object): { ids: number[] } };
    }
    const loaded = await load("@huggingface/tokenizers");
    // Resolved the way `require` does, it is a CommonJS module.
    const { Tokenizer } = (loaded["Tokenizer"] === undefined ? loaded["default"] : loaded) as HuggingFace;
    const made = new Tokenizer(tokenizerJsonOf(encoding), {});
    return (text) => made.encode(text, { add_special_tokens: false }).ids;
  },
};

/** The names of all known peers. */
export function peerNames(): string[] {
  return Object.keys(loaders);
}

/** The peers that are installed and have the encoding; the others with the reason why not. */
export async function loadPeers(
  encoding: Encoding,
  folder: string,
): Promise<{ readonly found: Map<string, EncodeFunction>; readonly missing: Map<string, string> }> {
  const require = createRequire(join(resolve(folder), "package.json"));
  const load: Import = (specifier) => import(pathToFileURL(require.resolve(specifier)).href);
  const found = new Map<string, EncodeFunction>();
  const missing = new Map<string, string>();
  for (const [name, loader] of Object.entries(loaders)) {
    try {
      found.set(name, await loader(encoding, load));
    } catch (error) {
      const isAbsent = (error as { code?: string }).code === "MODULE_NOT_FOUND";
      missing.set(name, isAbsent ? "not installed" : (error as Error).message.split("\n")[0]!);
    }
  }
  return { found, missing };
}
