// Request bodies: raw bytes to lossless JSON. Replaces Fastify's parser, which loses number forms and key order,
// turns invalid UTF-8 into U+FFFD, refuses legal keys such as `__proto__`, and rejects empty bodies.

import { JsonError, type JsonValue, parseJson } from "@tokenwire/core/json";
import type { FastifyInstance, FastifyRequest } from "fastify";
import { ApiError, type RequestBody, toRequestBody } from "../protocol/index.ts";

function parse(bytes: Buffer, maxDepth: number): JsonValue | undefined {
  if (bytes.length === 0) return undefined;
  try {
    return parseJson(bytes, { maxDepth });
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

/** Installs the JSON parser for `application/json`, `…+json`, and bodies sent without a content type. */
export function installBodyParser(app: FastifyInstance, maxDepth: number): void {
  app.removeAllContentTypeParsers();
  app.addContentTypeParser(
    /^application\/(?:[\w.-]+\+)?json\b/,
    { parseAs: "buffer" },
    (request, body, done) => {
      refuseCompression(request);
      done(null, parse(body as Buffer, maxDepth));
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
    done(null, parse(body as Buffer, maxDepth));
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
