// `tokenwire codec decode`: what is in a captured stream, as text or line by line.

import { createReadStream } from "node:fs";
import type { CodecFrame, Detokenizer, StreamFormat, TokenwireEvent } from "@tokenwire/core/codec";
import { Command, Option } from "commander";
import { readMap } from "../maps/files.ts";
import { printable, writeOut } from "../output.ts";

interface DecodeFlags {
  readonly format?: StreamFormat;
  readonly map?: string;
  readonly json?: boolean;
  readonly special?: boolean;
}

const formats = ["msgpack", "protobuf", "msgpack-delta", "protobuf-delta", "tokenwire"];

/** The format that a stream's first bytes show: a magic number, a length prefix, or a map. */
function detect(bytes: Uint8Array): StreamFormat {
  if (bytes[0] === 0x54 && bytes[1] === 0x57) return "tokenwire";
  return bytes[0] === 0 ? "protobuf" : "msgpack";
}

/** The stream and its first bytes, which stay in it. */
async function peek(
  source: AsyncIterable<Uint8Array>,
): Promise<{ first: Uint8Array; stream: AsyncIterable<Uint8Array> }> {
  const iterator = source[Symbol.asyncIterator]();
  const { value, done } = await iterator.next();
  const first: Uint8Array = done ? new Uint8Array(0) : value;
  async function* all(): AsyncGenerator<Uint8Array> {
    yield first;
    for (let next = await iterator.next(); !next.done; next = await iterator.next()) yield next.value;
  }
  return { first, stream: all() };
}

interface Output {
  readonly detokenizer: Detokenizer | undefined;
  readonly flags: DecodeFlags;
}

function render(
  { detokenizer, flags }: Output,
  ids: ArrayLike<number>,
  partial: boolean,
): string | undefined {
  return detokenizer?.render(ids, { partial, renderSpecial: flags.special ?? false });
}

async function showFrame(frame: CodecFrame, output: Output): Promise<void> {
  const text = render(output, frame.ids, !frame.done);
  if (output.flags.json)
    await writeOut(`${JSON.stringify({ ...frame, ...(text !== undefined && { text }) })}\n`);
  else if (text !== undefined) await writeOut(printable(text));
  else await writeOut(frame.ids.length > 0 ? `${Array.from(frame.ids).join(" ")}\n` : "");
  if (frame.done && !output.flags.json)
    process.stderr.write(`finish_reason: ${frame.finishReason ?? "none"}\n`);
}

async function showEvent(event: TokenwireEvent, output: Output): Promise<void> {
  if (output.flags.json) await writeOut(`${JSON.stringify(event)}\n`);
  else if (event.kind === "ids")
    await writeOut(printable(render(output, event.ids, true) ?? `${event.ids.join(" ")}\n`));
  else if (event.kind === "text") await writeOut(printable(event.text));
  else if (event.kind === "finish")
    process.stderr.write(`choice ${event.choice} finish_reason: ${event.reason}\n`);
  else if (event.kind === "error") process.stderr.write(`error ${event.status}: ${event.error.message}\n`);
}

async function decode(file: string, flags: DecodeFlags): Promise<void> {
  const {
    Detokenizer: Renderer,
    decodeStream,
    decodeTokenwireStream,
  } = await import("@tokenwire/core/codec");
  const detokenizer = flags.map === undefined ? undefined : new Renderer(await readMap(flags.map));
  const output: Output = { detokenizer, flags };
  const { first, stream } = await peek(file === "-" ? process.stdin : createReadStream(file));
  const format = flags.format ?? detect(first);
  if (format === "tokenwire") {
    for await (const event of decodeTokenwireStream(stream)) await showEvent(event, output);
  } else {
    for await (const frame of decodeStream(stream, format)) await showFrame(frame, output);
  }
  if (detokenizer !== undefined && !flags.json) await writeOut("\n");
}

function decodeCommand(): Command {
  return new Command("decode")
    .description("Show the frames of a captured stream")
    .argument("[file]", "captured body, decompressed; - reads standard input", "-")
    .addOption(
      new Option("--format <format>", "encoding of the stream (default: as its first bytes show)").choices(
        formats,
      ),
    )
    .option("--map <file>", "dialect map, to show text instead of IDs")
    .option("--special", "show special tokens")
    .option("--json", "one JSON object per frame or event")
    .addHelpText(
      "after",
      `
Examples:
  $ tokenwire codec decode answer.bin --map o200k.json
  $ curl -s $URL -d '{"prompt": "Hi", "stream": true, "stream_format": "msgpack"}' | tokenwire codec decode --json`,
    )
    .action((file: string, flags: DecodeFlags) => decode(file, flags));
}

export function codecCommand(): Command {
  return new Command("codec")
    .description("Inspect frames of token IDs")
    .addCommand(decodeCommand())
    .addHelpText("after", "\nExamples:\n  $ tokenwire codec decode answer.bin --json");
}
