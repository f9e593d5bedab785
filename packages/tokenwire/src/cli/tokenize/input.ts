// What to tokenize: files, standard input, or text on the command line, read piece by piece.

import { createReadStream, statSync } from "node:fs";

/** One input. `size` is its length in bytes where that is known. */
export interface TokenizeInput {
  readonly name: string;
  readonly size: number | undefined;
  /** Its text in parts; invalid UTF-8 becomes U+FFFD, a byte order mark is kept. */
  chunks(): AsyncIterable<string>;
}

async function* decode(stream: AsyncIterable<Uint8Array>): AsyncIterable<string> {
  const decoder = new TextDecoder("utf-8", { ignoreBOM: true });
  for await (const chunk of stream) yield decoder.decode(chunk, { stream: true });
  yield decoder.decode();
}

/** The inputs that the arguments name: text first, then files, of which `-` is standard input; without any, that. */
export function inputsOf(files: readonly string[], text: string | undefined): TokenizeInput[] {
  const inputs: TokenizeInput[] = [];
  if (text !== undefined) {
    inputs.push({
      name: "text",
      size: Buffer.byteLength(text),
      async *chunks() {
        yield text;
      },
    });
  }
  const paths = files.length === 0 && text === undefined ? ["-"] : files;
  return [...inputs, ...paths.map((path) => (path === "-" ? standardInput() : fileInput(path)))];
}

function standardInput(): TokenizeInput {
  return { name: "-", size: undefined, chunks: () => decode(process.stdin as AsyncIterable<Uint8Array>) };
}

function fileInput(path: string): TokenizeInput {
  const size = statSync(path).size;
  return { name: path, size, chunks: () => decode(createReadStream(path, { highWaterMark: 1 << 18 })) };
}
