// What to tokenize: files, standard input, or text on the command line, read piece by piece.

import { isUtf8 } from "node:buffer";
import { createReadStream, statSync } from "node:fs";
import { incompleteUtf8Tail } from "@tokenwire/core/bytes";
import { UsageError } from "../output.ts";

/** A part of an input. */
export interface TextChunk {
  readonly text: string;
  /** How many bytes it was. */
  readonly bytes: number;
  /** Whether some of them are not UTF-8 and became U+FFFD. */
  readonly isDamaged: boolean;
}

/** One input. `size` is its length in bytes where that is known. */
export interface TokenizeInput {
  readonly name: string;
  readonly size: number | undefined;
  /** Its text in parts; a byte order mark is kept. */
  chunks(): AsyncIterable<TextChunk>;
}

/** Text of a stream of bytes, whatever its cuts. */
export async function* decodeChunks(stream: AsyncIterable<Uint8Array>): AsyncIterable<TextChunk> {
  const decoder = new TextDecoder("utf-8", { ignoreBOM: true });
  let held: Uint8Array = new Uint8Array(0);
  for await (const chunk of stream) {
    const bytes = held.length === 0 ? chunk : Buffer.concat([held, chunk]);
    const end = bytes.length - incompleteUtf8Tail(bytes);
    held = bytes.slice(end);
    const whole = bytes.subarray(0, end);
    yield { text: decoder.decode(whole), bytes: chunk.length, isDamaged: !isUtf8(whole) };
  }
  yield { text: decoder.decode(held), bytes: 0, isDamaged: held.length > 0 };
}

/** The inputs that the arguments name: text first, then files, of which `-` is standard input; without any, that. */
export function inputsOf(files: readonly string[], text: string | undefined): TokenizeInput[] {
  const inputs: TokenizeInput[] = [];
  if (text !== undefined) {
    const bytes = Buffer.byteLength(text);
    inputs.push({
      name: "text",
      size: bytes,
      async *chunks() {
        yield { text, bytes, isDamaged: false };
      },
    });
  }
  const paths = files.length === 0 && text === undefined ? ["-"] : files;
  return [...inputs, ...paths.map((path) => (path === "-" ? standardInput() : fileInput(path)))];
}

function standardInput(): TokenizeInput {
  return {
    name: "-",
    size: undefined,
    chunks: () => decodeChunks(process.stdin as AsyncIterable<Uint8Array>),
  };
}

function fileInput(path: string): TokenizeInput {
  const info = statSync(path);
  if (info.isDirectory()) throw new UsageError(`${path} is a folder. Name files in it, such as ${path}/*.md`);
  const chunks = (): AsyncIterable<TextChunk> =>
    decodeChunks(createReadStream(path, { highWaterMark: 1 << 18 }));
  return { name: path, size: info.size, chunks };
}
