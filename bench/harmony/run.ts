// Harmony against the npm package openai-harmony:
//   node scripts/run-typescript.mjs bench/harmony/run.ts [--peers <node_modules folder>]
// Times are CPU seconds of this process (wall time means little on a shared machine), best of several interleaved
// rounds. Without the package the peer's columns are left out.

import { createRequire } from "node:module";
import { cpus, loadavg } from "node:os";
import { dirname } from "node:path";
import {
  createConversationTokens,
  loadHarmonyEncoding,
  type Message,
  StreamableParser,
} from "@tokenwire/core/harmony";
import { getEncoding } from "@tokenwire/encodings";
import { loadWasmPeer, type WasmPeer } from "./wasm-peer.ts";
import { workload } from "./workload.ts";

const rounds = 25;

/** CPU seconds of one call. */
function cpuSeconds(run: () => unknown): number {
  const before = process.cpuUsage();
  run();
  const { user, system } = process.cpuUsage(before);
  return (user + system) / 1e6;
}

function best(runs: readonly number[]): number {
  return Math.min(...runs);
}

interface Row {
  readonly name: string;
  readonly ours: number;
  readonly peer: number | undefined;
}

/** Runs both in turn and keeps the best of each. */
function compare(name: string, amount: number, ours: () => unknown, peer: (() => unknown) | undefined): Row {
  const own: number[] = [];
  const other: number[] = [];
  for (let round = 0; round < rounds; round++) {
    own.push(cpuSeconds(ours));
    if (peer !== undefined) other.push(cpuSeconds(peer));
  }
  return { name, ours: amount / best(own), peer: peer && amount / best(other) };
}

function peersFolder(): string {
  const at = process.argv.indexOf("--peers");
  if (at !== -1) return process.argv[at + 1] ?? "";
  try {
    return dirname(dirname(createRequire(import.meta.url).resolve("openai-harmony/package.json")));
  } catch {
    return "";
  }
}

const start = process.cpuUsage();
const encoding = loadHarmonyEncoding(getEncoding("o200k_harmony"));
const messages = workload();
const keep = { autoDropAnalysis: false };
const setUp = process.cpuUsage(start);
const firstRender = cpuSeconds(() => encoding.renderConversation(messages, keep));
const ids = encoding.renderConversation(messages, keep);

const peer = await loadWasmPeer(peersFolder());
const wire = {
  messages: messages.map((message) => ({ ...message.toJSON(), content: contentList(message) })),
};
let peerFirst: number | undefined;
if (peer !== undefined) {
  peerFirst = cpuSeconds(() => peer.encoding.renderConversation(wire, { auto_drop_analysis: false }));
  const theirs = peer.encoding.renderConversation(wire, { auto_drop_analysis: false });
  if (theirs.join() !== ids.join()) throw new Error("The two render the workload differently.");
}

/** The peer wants parts, never a plain string. */
function contentList(message: Message): unknown {
  const { content } = message.toJSON();
  return typeof content === "string" ? [{ type: "text", text: content }] : content;
}

function streamOurs(mode: "compat" | "recover"): number {
  const parser = new StreamableParser(encoding, { mode });
  let length = 0;
  for (const id of ids) {
    parser.process(id);
    length += parser.lastContentDelta?.length ?? 0;
    if (parser.currentChannel === "final") length++;
  }
  parser.processEos();
  return length;
}

/** The wasm parser must be given a role, so the prompt's first two tokens are left out. */
function streamTheirs(from: WasmPeer): number {
  const parser = from.createParser("system");
  let length = 0;
  for (const id of ids.subarray(2)) {
    parser.process(id);
    length += parser.lastContentDelta.length;
    if (parser.currentChannel === "final") length++;
  }
  return length;
}

const rows: Row[] = [
  { name: "render, first call", ours: ids.length / firstRender, peer: peerFirst && ids.length / peerFirst },
  compare(
    "render, warm",
    ids.length,
    () => encoding.renderConversation(messages, keep),
    peer && (() => peer.encoding.renderConversation(wire, { auto_drop_analysis: false })),
  ),
  compare(
    "parse, whole (compat)",
    ids.length,
    () => encoding.parseMessagesFromCompletionTokens(ids),
    peer && (() => peer.encoding.parseMessagesFromCompletionTokens(ids.subarray(2), "system")),
  ),
  compare(
    "parse, whole (recover)",
    ids.length,
    () => encoding.parseMessagesFromCompletionTokens(ids, { mode: "recover" }),
    peer && (() => peer.encoding.parseMessagesFromCompletionTokens(ids.subarray(2), "system")),
  ),
  compare(
    "stream, token by token (compat)",
    ids.length,
    () => streamOurs("compat"),
    peer && (() => streamTheirs(peer)),
  ),
  compare(
    "stream, token by token (recover)",
    ids.length,
    () => streamOurs("recover"),
    peer && (() => streamTheirs(peer)),
  ),
];

/** Re-rendering a prompt to which one message was appended, in milliseconds. */
function appendMilliseconds(): { append: number; prompt: number } {
  const tokens = createConversationTokens(encoding, keep);
  tokens.append(...messages.slice(0, -1));
  tokens.toPrompt("assistant");
  const append = cpuSeconds(() => tokens.append(messages.at(-1)!));
  const prompt = best(Array.from({ length: rounds }, () => cpuSeconds(() => tokens.toPrompt("assistant"))));
  return { append: append * 1000, prompt: prompt * 1000 };
}

/** Tokens per second of one message of `length` tokens, reading delta and length of the content at each. */
function longMessage(length: number): number {
  const parser = new StreamableParser(encoding, { role: "assistant", mode: "recover" });
  parser.push([200_005, 17_196, 200_008]);
  const text = ids.filter((id) => id < 199_998);
  let read = 0;
  const seconds = cpuSeconds(() => {
    for (let count = 0; count < length; count++) {
      parser.process(text[count % text.length]!);
      read += (parser.lastContentDelta?.length ?? 0) + parser.currentContent.length * 0;
    }
    parser.processEos();
  });
  if (read === 0) throw new Error("nothing was read");
  return length / seconds;
}

const million = (value: number | undefined) => (value === undefined ? "-" : `${(value / 1e6).toFixed(2)} M`);
console.log(
  `machine   ${cpus()[0]?.model} × ${cpus().length}, load ${loadavg()[0]?.toFixed(1)}, Node ${process.version}`,
);
console.log(`peer      ${peer === undefined ? "not installed" : `openai-harmony ${peer.version} (wasm)`}`);
console.log(`workload  ${messages.length} messages, ${ids.length} tokens, seed 42; tokens per CPU second\n`);
console.log(`${"".padEnd(34)}${"tokenwire".padStart(12)}${"peer".padStart(12)}${"ratio".padStart(9)}`);
for (const { name, ours, peer: other } of rows) {
  const ratio = other === undefined ? "-" : `${(ours / other).toFixed(1)}×`;
  console.log(
    `${name.padEnd(34)}${million(ours).padStart(12)}${million(other).padStart(12)}${ratio.padStart(9)}`,
  );
}
const { append, prompt } = appendMilliseconds();
console.log(`\nset-up                            ${((setUp.user + setUp.system) / 1e3).toFixed(0)} ms CPU`);
if (peer !== undefined)
  console.log(`peer's set-up                     ${(peer.loadSeconds * 1000).toFixed(0)} ms wall`);
console.log(
  `append to a cached conversation   ${append.toFixed(2)} ms; its whole prompt again ${prompt.toFixed(2)} ms`,
);
for (const length of [10_000, 100_000, 1_000_000]) {
  console.log(
    `one message of ${String(length).padStart(9)} tokens   ${million(longMessage(length))} tokens/s, delta read at each`,
  );
}
