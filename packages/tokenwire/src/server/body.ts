// Request bodies: raw bytes to lossless JSON. Replaces Fastify's parser, which loses number forms and key order,
// turns invalid UTF-8 into U+FFFD, refuses legal keys such as `__proto__`, and rejects empty bodies.

import { setImmediate as nextTurn } from "node:timers/promises";
import { JsonError, type JsonValue, parseJson } from "@tokenwire/core/json";
import type { FastifyInstance, FastifyRequest } from "fastify";
import { ApiError, type RequestBody, toRequestBody } from "../protocol/index.ts";

type Done = (error: Error | null, value?: JsonValue) => void;

/** Bodies from here on are decoded and parsed in turns of their own: of 10 MB, 6 and 10 ms after 5 ms of joining. */
const largeBody = 1 << 20;

function parse(body: Buffer | string, maxDepth: number): JsonValue | undefined {
  if (body.length === 0) return undefined;
  try {
    return parseJson(body, { maxDepth });
  } catch (error) {
    const detail = (error as Error).message;
    throw new ApiError(
      400,
      error instanceof JsonError
        ? `The body is not valid JSON: ${detail}`
        : `The body is not valid UTF-8: ${detail}`,
      { wireCode: "json_parse_error", cause: error },
    );
  }
}

export interface BodyOptions {
  readonly maxDepth: number;
  /** Told how many milliseconds a body took. */
  readonly onParsed: (milliseconds: number) => void;
}

/** Parses a body whose pieces Fastify has joined in this very turn of the event loop. */
function parseBody(bytes: Buffer, { maxDepth, onParsed }: BodyOptions, done: Done): void {
  const started = performance.now();
  const finish: Done = (error, value) => {
    onParsed(performance.now() - started);
    done(error, value);
  };
  if (bytes.length < largeBody) finish(null, parse(bytes, maxDepth));
  else parseInTurns(bytes, maxDepth).then((value) => finish(null, value), finish);
}

async function parseInTurns(bytes: Buffer, maxDepth: number): Promise<JsonValue | undefined> {
  await nextTurn();
  const text = decode(bytes);
  await nextTurn();
  return parse(text, maxDepth);
}

/** The bytes themselves where they are no text: parsing them says what is wrong. */
function decode(bytes: Buffer): string | Buffer {
  try {
    return new TextDecoder("utf-8", { fatal: true }).decode(bytes);
  } catch {
    return bytes;
  }
}

/** Installs the JSON parser for `application/json`, `…+json`, and bodies sent without a content type. */
export function installBodyParser(app: FastifyInstance, options: BodyOptions): void {
  app.removeAllContentTypeParsers();
  app.addContentTypeParser(
    /^application\/(?:[\w.-]+\+)?json\b/,
    { parseAs: "buffer" },
    (request, body, done) => {
      refuseCompression(request);
      parseBody(body as Buffer, options, done);
    },
  );
  app.addContentTypeParser("*", { parseAs: "buffer" }, (request, body, done) => {
    if (request.headers["content-type"] !== undefined && (body as Buffer).length > 0) {
      throw new ApiError(
        415,
        `The content type ${JSON.stringify(request.headers["content-type"].slice(0, 80))} is not supported. Send JSON with the content type application/json.`,
      );
    }
    refuseCompression(request);
    parseBody(body as Buffer, options, done);
  });
}

function refuseCompression(request: FastifyRequest): void {
  const encoding = request.headers["content-encoding"];
  if (encoding !== undefined && encoding !== "identity") {
    throw new ApiError(
      415,
      "Compressed request bodies are not supported. Send the body without a content-encoding.",
    );
  }
}

/** The body of a request as an object. Raises 400 for anything else. */
export function requestBody(request: FastifyRequest): RequestBody {
  return toRequestBody(request.body as JsonValue | undefined);
}
