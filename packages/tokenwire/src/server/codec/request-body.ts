// Binary request bodies: bytes with a limit, decompressed with a budget. They are accepted on one path only.

import { promisify } from "node:util";
import { brotliDecompress, gunzip } from "node:zlib";
import type { FastifyInstance, FastifyRequest } from "fastify";
import { ApiError, bodyFormatOf } from "../../protocol/index.ts";

export const BINARY_REQUEST_PATH = "/v1/completions/codec";

/** Inflated bytes per received byte that are believed, beyond the first MiB. */
const MAX_RATIO = 100;
const MAX_INFLATED = 64 * 1024 * 1024;

const inflaters = { gzip: promisify(gunzip), br: promisify(brotliDecompress) } as const;

/** Lets the binary request path receive msgpack and protobuf. Other paths refuse them as before. */
export function installBinaryBodyParser(app: FastifyInstance): void {
  app.addContentTypeParser(
    /^application\/(?:x-|vnd\.|x-codec-)?(?:msgpack|protobuf)\b/i,
    { parseAs: "buffer" },
    (request, body, done) => {
      if (request.routeOptions.url !== BINARY_REQUEST_PATH) {
        throw new ApiError(415, "This endpoint takes JSON. Send the content type application/json.");
      }
      inflate(request, body as Buffer).then(
        (bytes) => done(null, bytes),
        (error: Error) => done(error),
      );
    },
  );
}

async function inflate(request: FastifyRequest, body: Buffer): Promise<Buffer> {
  const encoding = request.headers["content-encoding"]?.toLowerCase() ?? "identity";
  if (encoding === "identity") return body;
  if (encoding !== "gzip" && encoding !== "br") {
    throw new ApiError(
      415,
      `Content-Encoding ${JSON.stringify(encoding)} is not supported. Send gzip, br or identity.`,
    );
  }
  const budget = Math.min(MAX_INFLATED, 1024 * 1024 + MAX_RATIO * body.length);
  try {
    return await inflaters[encoding](body, { maxOutputLength: budget });
  } catch (cause) {
    if ((cause as { code?: string }).code === "ERR_BUFFER_TOO_LARGE") {
      throw new ApiError(413, `The body inflates to more than ${budget} bytes.`, { cause });
    }
    throw new ApiError(400, `The body is not valid ${encoding}.`, { cause });
  }
}

/** The bytes of a binary request and their format. Raises 415 for anything else. */
export function binaryBody(request: FastifyRequest): { bytes: Uint8Array; format: "msgpack" | "protobuf" } {
  const format = bodyFormatOf(request.headers["content-type"]);
  if (format === undefined || !(request.body instanceof Uint8Array)) {
    throw new ApiError(
      415,
      "This endpoint takes binary requests. Send the content type application/x-msgpack or application/x-protobuf, or JSON to /v1/completions.",
    );
  }
  return { bytes: request.body, format };
}
