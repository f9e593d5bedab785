// Answers a completion in a binary format: the same generation as for JSON, other bytes.

import { promisify } from "node:util";
import { brotliCompress, gzip } from "node:zlib";
import { pickEncoding } from "@tokenwire/core/codec";
import {
  type BinaryAnswer,
  type BinaryFormat,
  type CodecFields,
  checkAnswerShape,
  createBinaryAnswer,
  negotiateFormat,
  newId,
  parseCodecFields,
  type RequestBody,
} from "../../protocol/index.ts";
import type { RouteContext } from "../context.ts";
import { toApiError } from "../errors.ts";
import { type ChoiceSink, type GenerationOptions, generateChoices } from "../generate.ts";
import type { ServedModel } from "../models.ts";
import { ByteAnswerStream, type StreamEncoding } from "./byte-stream.ts";
import { FlushTimer } from "./flush-timer.ts";
import { answerHeaders, checkClientVersion, checkPinnedMap } from "./headers.ts";

/** What is needed of a chat or completion request. */
export interface BinaryRequest {
  readonly stream: boolean;
  readonly choices: number;
  readonly bestOf: number;
  readonly logprobs: boolean;
  readonly includeUsage: boolean;
  /** Texts to put before the answers. */
  readonly echo?: readonly string[];
}

/** A request that is to be answered in a binary format. */
export interface BinaryChoice {
  readonly format: BinaryFormat;
  readonly fields: CodecFields;
}

/** The binary format that a request asks for; undefined for JSON and server-sent events. */
export function chooseBinary(context: RouteContext, body: RequestBody): BinaryChoice | undefined {
  const { settings } = context.server.codec;
  const format = negotiateFormat({
    streamFormat: body["stream_format"],
    accept: context.request.headers.accept,
    enabled: settings.formats,
    unknown: settings.unknownStreamFormat,
  });
  return format && { format, fields: parseCodecFields(body) };
}

/** Generates and answers. Errors before the first byte are ordinary JSON errors. */
export async function respondInBinary(
  context: RouteContext,
  model: ServedModel,
  { format, fields }: BinaryChoice,
  request: BinaryRequest,
  generation: GenerationOptions,
): Promise<unknown> {
  checkClientVersion(context);
  checkPinnedMap(context, model);
  const engineOutput = model.info.capabilities.output;
  checkAnswerShape(format, { ...request, echo: request.echo !== undefined, engineOutput });
  const answer = createBinaryAnswer({
    format,
    tokenizer: model.profile.tokenizer,
    choices: generation.plans.length,
    stop: generation.output.stop,
    includeStop: generation.output.includeStop,
    logprobs: request.logprobs,
    textOnly: engineOutput === "text",
    includeUsage: request.includeUsage,
    ...(fields.toolWatcher && { toolWatcher: fields.toolWatcher }),
    ...(request.echo && { echo: request.echo }),
    newToolId: () => `tc_${newId("").slice(0, 8)}`,
  });
  const headers = answerHeaders(context, format, context.server.codec.maps.known(model));
  return request.stream
    ? streamed(context, format, fields, answer, headers, generation)
    : whole(context, answer, headers, generation);
}

function streamEncoding(context: RouteContext, format: BinaryFormat): StreamEncoding {
  const { codec } = context.server;
  if (codec.compressing >= codec.settings.compressedStreams) return "identity";
  const family = format.startsWith("msgpack")
    ? "msgpack"
    : format.startsWith("protobuf")
      ? "protobuf"
      : "tokenwire";
  const { encoding } = pickEncoding({
    acceptEncoding: header(context, "accept-encoding"),
    interactive: true,
    format: family,
  });
  return encoding === "zstd" ? "identity" : encoding;
}

function header({ request }: RouteContext, name: string): string | undefined {
  const value = request.headers[name];
  return Array.isArray(value) ? value.join(", ") : value;
}

async function streamed(
  context: RouteContext,
  format: BinaryFormat,
  fields: CodecFields,
  answer: BinaryAnswer,
  headers: Record<string, string>,
  generation: GenerationOptions,
): Promise<void> {
  const { reply, server, requestId } = context;
  const { settings, admission, log, codec } = server;
  const encoding = streamEncoding(context, format);
  const stream = new ByteAnswerStream(reply.raw, {
    headers: { ...ownHeaders(context), ...headers },
    encoding,
    keepAlive: settings.keepAlive,
    ping: () => answer.ping(),
    stalledReader: settings.timeouts.stalledReader,
    onOpen: () => reply.hijack(),
  });
  const { coalesce } = codec.settings;
  const rule = { ...coalesce, ...(fields.coalesceMs !== undefined && { maxDelayMs: fields.coalesceMs }) };
  const timer = new FlushTimer(rule, () => stream.write(answer.take()));
  const sink: ChoiceSink = {
    push: (choice, events, ids, logprobs) => {
      const urgent = answer.push(choice, events, ids, logprobs);
      timer.notify(answer.waiting, urgent);
    },
    get pressure() {
      return stream.pressure;
    },
  };
  if (encoding !== "identity") codec.compressing++;
  try {
    await admission.run(context, () => generateChoices(generation, sink));
    timer.stop();
    stream.end(answer.end(generation.usage));
  } catch (error) {
    timer.stop();
    if (reply.raw.destroyed) return;
    if (!stream.opened) {
      stream.dispose();
      throw error;
    }
    const failure = toApiError(error);
    if (failure.status >= 500) log.error({ requestId, err: failure.cause ?? failure }, "stream failed");
    stream.end(answer.fail(failure));
  } finally {
    if (encoding !== "identity") codec.compressing--;
  }
}

/** Headers that hooks have set on the reply, and the request's id. */
function ownHeaders({ reply, requestId }: RouteContext): Record<string, string> {
  const own: Record<string, string> = {
    "x-request-id": requestId,
    "openai-processing-ms": String(Math.round(reply.elapsedTime)),
  };
  for (const [name, value] of Object.entries(reply.getHeaders())) {
    if (typeof value === "string" || typeof value === "number") own[name] = String(value);
  }
  return own;
}

const compressors = { gzip: promisify(gzip), br: promisify(brotliCompress) } as const;

/** The same framing with a length: everything at the end, so that it compresses as one. */
async function whole(
  context: RouteContext,
  answer: BinaryAnswer,
  headers: Record<string, string>,
  generation: GenerationOptions,
): Promise<Buffer> {
  await context.server.admission.run(context, () =>
    generateChoices(generation, {
      push: (choice, events, ids, logprobs) => {
        answer.push(choice, events, ids, logprobs);
      },
    }),
  );
  const bytes = Buffer.from(answer.end(generation.usage));
  const acceptEncoding = header(context, "accept-encoding");
  const { encoding } = pickEncoding({ acceptEncoding, estimatedSize: bytes.length });
  void context.reply.headers(headers);
  if (encoding !== "gzip" && encoding !== "br") return bytes;
  void context.reply.header("content-encoding", encoding);
  return await compressors[encoding](bytes);
}
