// How many IDs per CPU second each part handles.

import {
  BPETokenizer,
  Detokenizer,
  decodeStream,
  FrameDecoder,
  FrameEncoder,
  type FrameFormat,
  mapFromEncoding,
  type TokenizerMap,
  TokenwireDecoder,
  TokenwireEncoder,
  ToolWatcher,
  Translator,
} from "@tokenwire/core/codec";
import { getEncoding } from "@tokenwire/encodings";
import { corpus, idsOf } from "./workload.ts";

const rounds = 9;

/** Best CPU seconds of one call. */
export function best(run: () => unknown): number {
  let least = Number.POSITIVE_INFINITY;
  for (let round = 0; round < rounds; round++) {
    const before = process.cpuUsage();
    run();
    const { user, system } = process.cpuUsage(before);
    least = Math.min(least, (user + system) / 1e6);
  }
  return least;
}

async function bestAsync(run: () => Promise<unknown>): Promise<number> {
  let least = Number.POSITIVE_INFINITY;
  for (let round = 0; round < rounds; round++) {
    const before = process.cpuUsage();
    await run();
    const { user, system } = process.cpuUsage(before);
    least = Math.min(least, (user + system) / 1e6);
  }
  return least;
}

function report(name: string, amount: number, seconds: number, goal: string, unit = "M IDs/s"): void {
  console.log(`${name.padEnd(58)} ${(amount / seconds / 1e6).toFixed(2).padStart(9)} ${unit}   goal ${goal}`);
}

/** Frames of `size` IDs each, in 16 KiB chunks as a socket delivers them. */
function chunksOf(ids: readonly number[], size: number, format: FrameFormat): Uint8Array[] {
  const encoder = new FrameEncoder(format);
  const frames: Uint8Array[] = [];
  for (let at = 0; at < ids.length; at += size) frames.push(encoder.frame(ids.slice(at, at + size)));
  frames.push(encoder.frame([], true, "eos_token"));
  return cut(Buffer.concat(frames));
}

function cut(bytes: Uint8Array): Uint8Array[] {
  const chunks: Uint8Array[] = [];
  for (let at = 0; at < bytes.length; at += 16_384) chunks.push(bytes.subarray(at, at + 16_384));
  return chunks;
}

function decodeRates(ids: readonly number[]): void {
  for (const format of ["msgpack", "protobuf"] as const) {
    for (const [size, goal] of [
      [1, "25"],
      [8, "100"],
    ] as const) {
      const chunks = chunksOf(ids, size, format);
      let seen = 0;
      const seconds = best(() => {
        const decoder = new FrameDecoder(format);
        for (const chunk of chunks) {
          decoder.push(chunk, (frame) => {
            seen += frame.ids.length;
          });
        }
        decoder.end();
      });
      if (seen !== rounds * ids.length) throw new Error("IDs were lost");
      report(`decode ${format}, ${size} per frame, 16 KiB chunks`, ids.length, seconds, goal);
    }
  }
}

async function streamRates(ids: readonly number[]): Promise<void> {
  const some = ids.slice(0, 200_000);
  for (const format of ["msgpack", "protobuf"] as const) {
    const encoder = new FrameEncoder(format);
    const frames = some.map((id) => encoder.frame([id]));
    frames.push(encoder.frame([], true));
    const source = (): ReadableStream<Uint8Array> => {
      let next = 0;
      return new ReadableStream({
        pull(controller) {
          controller.enqueue(frames[next++]!);
        },
      });
    };
    const bare = await bestAsync(async () => {
      const reader = source().getReader();
      for (let count = 0; count < frames.length; count++) await reader.read();
    });
    const seconds = await bestAsync(async () => {
      for await (const frame of decodeStream(source(), format)) if (frame.done) break;
    });
    report(
      `decode ${format}, ReadableStream, one frame per chunk`,
      frames.length,
      seconds,
      "1.5",
      "M frames/s",
    );
    report("  bare reader loop over the same stream", frames.length, bare, "-", "M frames/s");
  }
}

function encodeRates(ids: readonly number[]): void {
  for (const format of ["msgpack", "protobuf"] as const) {
    const single = ids.map((id) => [id]);
    const seconds = best(() => {
      const encoder = new FrameEncoder(format);
      for (const frame of single) encoder.frame(frame);
    });
    report(`encode ${format}, 1 per frame`, ids.length, seconds, "10", "M frames/s");
  }
}

function tokenwireRates(ids: readonly number[]): void {
  for (const [mode, goal] of [
    [0, "20"],
    [1, "2"],
  ] as const) {
    const encoded = (): Uint8Array => {
      const encoder = new TokenwireEncoder({ mode });
      for (let at = 0; at < ids.length; at += 512) encoder.ids(ids.slice(at, at + 512));
      encoder.finish("stop");
      encoder.end();
      return encoder.take();
    };
    report(`encode tokenwire mode ${mode}`, ids.length, best(encoded), goal);
    const chunks = cut(encoded());
    const seconds = best(() => {
      const decoder = new TokenwireDecoder();
      for (const chunk of chunks) decoder.push(chunk, () => undefined);
      decoder.end();
    });
    report(`decode tokenwire mode ${mode}, 16 KiB chunks`, ids.length, seconds, goal);
  }
}

function textRates(map: TokenizerMap, ids: readonly number[]): void {
  for (const size of [1, 8, 512]) {
    const calls: number[][] = [];
    for (let at = 0; at < ids.length; at += size) calls.push(ids.slice(at, at + size));
    let length = 0;
    const seconds = best(() => {
      const detokenizer = new Detokenizer(map);
      for (const call of calls) length += detokenizer.render(call, { partial: true }).length;
    });
    if (length === 0) throw new Error("no text");
    report(`detokenize cl100k prose, ${size} per call`, ids.length, seconds, "20");
  }
}

function watcherRates(ids: readonly number[]): void {
  const clean = ids.filter((id) => id < 100_000);
  for (const [size, goal] of [
    [1, "-"],
    [8, "250"],
    [1024, "1000"],
  ] as const) {
    const feeds: number[][] = [];
    for (let at = 0; at < clean.length; at += size) feeds.push(clean.slice(at, at + size));
    let events = 0;
    const seconds = best(() => {
      const watcher = ToolWatcher.fromIds(100_264, 100_265);
      for (const feed of feeds) events += watcher.feed(feed).length;
    });
    if (events === 0) throw new Error("no events");
    report(`tool watcher, ${size} per feed`, clean.length, seconds, goal);
  }
}

function translatorRates(map: TokenizerMap, text: string): void {
  const from = mapFromEncoding(getEncoding("r50k_base"), { id: "openai/r50k_base" });
  const source = [...getEncoding("r50k_base").encodeOrdinary(text.slice(0, 400_000))];
  for (const size of [1, 8]) {
    const seconds = best(() => {
      const translator = new Translator(from, map);
      for (let at = 0; at < source.length; at += size)
        translator.translate(source.slice(at, at + size), { partial: true });
      translator.finish();
    });
    report(`translate r50k → cl100k, ${size} per call`, source.length, seconds, size === 1 ? "1" : "-");
  }
  const chinese = "永遠の森を歩く人々の物語が語り継がれている。".repeat(400).replaceAll("。", "");
  const cjk = [...getEncoding("r50k_base").encodeOrdinary(chinese)];
  const seconds = best(() => {
    const translator = new Translator(from, map);
    for (const id of cjk) translator.translate([id], { partial: true });
    translator.finish();
  });
  report("translate text without any space, 1 per call", cjk.length, seconds, "-");
}

function startRates(map: TokenizerMap): void {
  const bytes = Buffer.from(JSON.stringify(map));
  const parse = best(() => JSON.parse(bytes.toString("utf8")));
  const build = best(() => {
    const fresh = { ...map };
    new Detokenizer(fresh).render([0]);
    new BPETokenizer(fresh).encode("x");
  });
  console.log(
    `${"map cl100k: JSON.parse / detokenizer and tokenizer".padEnd(58)} ${(parse * 1e3).toFixed(0)} / ${(build * 1e3).toFixed(0)} ms   goal 80 in total`,
  );
}

export async function rates(): Promise<void> {
  const map = mapFromEncoding(getEncoding("cl100k_base"), { id: "openai/cl100k_base" });
  const text = corpus("prose");
  const ids = idsOf(text, "cl100k_base").slice(0, 300_000);
  decodeRates(ids);
  await streamRates(ids);
  encodeRates(ids);
  tokenwireRates(ids);
  textRates(map, ids);
  watcherRates(ids);
  translatorRates(map, text);
  startRates(map);
}
