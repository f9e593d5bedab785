// Bytes per token of a whole answer, and CPU per token of making it, at equal flush policy for every format.

import { constants, createBrotliCompress, createGzip } from "node:zlib";
import { FrameEncoder, type FrameFormat, TokenwireEncoder } from "@tokenwire/core/codec";
import { getEncoding } from "@tokenwire/encodings";
import { corpus, idsOf } from "./workload.ts";

const answers = 12;
const answerLength = 512;

type Encode = (ids: readonly number[]) => Generator<Uint8Array>;

/** What is flushed, step by step. */
function steps(ids: readonly number[], size: number): number[][] {
  const parts: number[][] = [];
  for (let at = 0; at < ids.length; at += size) parts.push(ids.slice(at, at + size));
  return parts;
}

function events(size: number): Encode {
  const encoding = getEncoding("o200k_base");
  const frame = (text: string, finish: string | null, usage?: object): Uint8Array =>
    Buffer.from(
      `data: ${JSON.stringify({
        id: "chatcmpl-8d2f6a7c1b3e4f5a9c0d1e2f3a4b5c6d",
        object: "chat.completion.chunk",
        created: 1_790_000_000,
        model: "gpt-oss-20b",
        choices: usage
          ? []
          : [{ index: 0, delta: finish ? {} : { content: text }, logprobs: null, finish_reason: finish }],
        ...(usage && { usage }),
      })}\n\n`,
    );
  return function* encode(ids) {
    const decoder = encoding.createDecoder();
    for (const step of steps(ids, size)) yield frame(decoder.push(step), null);
    yield frame("", "stop");
    yield frame("", null, {
      prompt_tokens: 12,
      completion_tokens: ids.length,
      total_tokens: ids.length + 12,
    });
    yield Buffer.from("data: [DONE]\n\n");
  };
}

function frames(format: FrameFormat, size: number): Encode {
  return function* encode(ids) {
    const encoder = new FrameEncoder(format);
    for (const step of steps(ids, size)) yield encoder.frame(step);
    yield encoder.frame([], true, "eos_token");
  };
}

function tokenwire(mode: 0 | 1, size: number): Encode {
  return function* encode(ids) {
    const encoder = new TokenwireEncoder({ mode });
    for (const step of steps(ids, size)) {
      encoder.ids(step);
      yield encoder.take();
    }
    encoder.finish("stop");
    encoder.usage({ promptTokens: 12, completionTokens: ids.length });
    encoder.end();
    yield encoder.take();
  };
}

type Compression = "identity" | "gzip" | "br";

/** Bytes of one body, flushed after every step. */
async function bodySize(parts: Iterable<Uint8Array>, compression: Compression): Promise<number> {
  let size = 0;
  if (compression === "identity") {
    for (const part of parts) size += part.length;
    return size;
  }
  const compressor =
    compression === "gzip"
      ? createGzip({ flush: constants.Z_SYNC_FLUSH })
      : createBrotliCompress({
          flush: constants.BROTLI_OPERATION_FLUSH,
          params: { [constants.BROTLI_PARAM_QUALITY]: 4 },
        });
  compressor.on("data", (chunk: Buffer) => {
    size += chunk.length;
  });
  for (const part of parts)
    if (part.length > 0) await new Promise<void>((resolve) => compressor.write(part, () => resolve()));
  await new Promise<void>((resolve) => {
    compressor.on("end", resolve);
    compressor.end();
  });
  return size;
}

export async function sizes(): Promise<void> {
  for (const kind of ["prose", "code"] as const) {
    const ids = idsOf(corpus(kind), "o200k_base");
    const stride = Math.max(answerLength, Math.floor(ids.length / answers));
    const bodies = Array.from({ length: answers }, (_, index) =>
      ids.slice(index * stride, index * stride + answerLength),
    ).filter((body) => body.length === answerLength);
    for (const size of [1, 8]) {
      console.log(
        `\n${kind}, ${answerLength}-token answers, ${size} per flush: bytes per token (CPU µs per token)`,
      );
      console.log(
        `${"".padEnd(22)}${["identity", "gzip, flushed", "br, flushed"].map((name) => name.padStart(20)).join("")}`,
      );
      const formats: [string, Encode][] = [
        ["SSE chat", events(size)],
        ["msgpack", frames("msgpack", size)],
        ["protobuf", frames("protobuf", size)],
        ["tokenwire", tokenwire(0, size)],
        ["tokenwire-adaptive", tokenwire(1, size)],
      ];
      for (const [name, encode] of formats) {
        let row = name.padEnd(22);
        for (const compression of ["identity", "gzip", "br"] as const) {
          const before = process.cpuUsage();
          let bytes = 0;
          for (const body of bodies) bytes += await bodySize(encode(body), compression);
          const { user, system } = process.cpuUsage(before);
          const tokens = bodies.length * answerLength;
          row += `${(bytes / tokens).toFixed(2)} (${((user + system) / tokens).toFixed(1)})`.padStart(20);
        }
        console.log(row);
      }
    }
  }
}
