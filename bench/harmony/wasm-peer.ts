// The npm package openai-harmony (an unofficial wasm build of the reference). It fetches its wasm file from a file:
// URL and its vocabulary from the network, neither of which works in Node, so both are served from memory.

import { readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { pathToFileURL } from "node:url";
import { serialiseTiktoken } from "@tokenwire/core/tokenizer";
import { getEncoding } from "@tokenwire/encodings";

export interface WasmEncoding {
  renderConversation(conversation: unknown, config: { auto_drop_analysis: boolean }): Uint32Array;
  parseMessagesFromCompletionTokens(tokens: Uint32Array, role?: string): string;
}

export interface WasmParser {
  process(token: number): void;
  readonly lastContentDelta: string;
  readonly currentChannel: string;
  readonly currentContent: string;
  readonly messages: string;
}

export interface WasmPeer {
  readonly version: string;
  readonly encoding: WasmEncoding;
  createParser(role: string): WasmParser;
  /** Seconds that loading took. */
  readonly loadSeconds: number;
}

interface WasmModule {
  load_harmony_encoding(name: string): Promise<WasmEncoding>;
  JsStreamableParser: new (encoding: WasmEncoding, role: string) => WasmParser;
}

/** Loads the package from a node_modules folder; undefined when it is not there. */
export async function loadWasmPeer(folder: string): Promise<WasmPeer | undefined> {
  const root = join(folder, "openai-harmony");
  let manifest: { version: string; main: string };
  try {
    manifest = JSON.parse(readFileSync(join(root, "package.json"), "utf8")) as typeof manifest;
  } catch {
    return undefined;
  }
  const vocabulary = serialiseTiktoken(getEncoding("o200k_base"));
  const entry = join(root, manifest.main);
  const wasm = readFileSync(join(dirname(entry), wasmPath(entry)));
  const original = globalThis.fetch;
  globalThis.fetch = (input) => {
    const url = input instanceof Request ? input.url : String(input);
    const isWasm = url.endsWith(".wasm");
    const type = isWasm ? "application/wasm" : "text/plain";
    const response = new Response(isWasm ? wasm : vocabulary, { headers: { "content-type": type } });
    // Without an address the package panics.
    Object.defineProperty(response, "url", { value: url });
    return Promise.resolve(response);
  };
  const start = performance.now();
  try {
    const peer = (await import(pathToFileURL(entry).href)) as WasmModule;
    const encoding = await peer.load_harmony_encoding("HarmonyGptOss");
    return {
      version: manifest.version,
      encoding,
      createParser: (role) => new peer.JsStreamableParser(encoding, role),
      loadSeconds: (performance.now() - start) / 1000,
    };
  } finally {
    globalThis.fetch = original;
  }
}

function wasmPath(entry: string): string {
  const path = /new URL\("([^"]+\.wasm)", import\.meta\.url\)/.exec(readFileSync(entry, "utf8"))?.[1];
  if (path === undefined)
    throw new Error(`${entry} names no wasm file; this shim is for openai-harmony 0.4.`);
  return path;
}
