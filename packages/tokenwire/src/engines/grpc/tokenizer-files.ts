// `GetTokenizer`: the tokenizer's files, as an archive in chunks with a checksum at the end.

import { createHash } from "node:crypto";
import { EngineError } from "../engine.ts";
import type { GrpcConnection } from "./connection.ts";
import { tokenizerChunk } from "./messages.ts";
import { readZip } from "./zip.ts";

const mebibyte = 1 << 20;
const compressedLimit = 200 * mebibyte;
const limits = { entries: 50, unpacked: 500 * mebibyte };
const timeout = 120_000;

const expected = new Set([
  "tokenizer.json",
  "tokenizer_config.json",
  "config.json",
  "generation_config.json",
  "special_tokens_map.json",
  "vocab.json",
  "merges.txt",
  "chat_template.json",
  "preprocessor_config.json",
]);
const expectedEndings = /\.(?:tiktoken|jinja|model)$/;

/**
 * Fetches and checks the files. Files of other names are left out.
 *
 * @throws EngineError `unsupported` when the server has none to give, `internal` when what it gives cannot be trusted.
 */
export async function fetchTokenizer(
  connection: GrpcConnection,
  service: string,
  signal?: AbortSignal,
): Promise<{ files: Map<string, Uint8Array>; sha256: string }> {
  const timer = AbortSignal.timeout(timeout);
  const either = signal === undefined ? timer : AbortSignal.any([signal, timer]);
  const { archive, sha256 } = await receive(connection, service, either);
  const digest = createHash("sha256").update(archive).digest("hex");
  if (sha256 === "") throw untrusted(connection, "the tokenizer came without its checksum");
  if (sha256.toLowerCase() !== digest) throw untrusted(connection, "the tokenizer's checksum is wrong");
  try {
    const files = [...readZip(archive, limits)].filter(
      ([name]) => expected.has(name) || expectedEndings.test(name),
    );
    return { files: new Map(files), sha256: digest };
  } catch (cause) {
    throw untrusted(connection, (cause as Error).message, cause);
  }
}

async function receive(
  connection: GrpcConnection,
  service: string,
  signal: AbortSignal,
): Promise<{ archive: Buffer; sha256: string }> {
  const method = { path: `/${service}/GetTokenizer`, request: {}, response: tokenizerChunk };
  const parts: Uint8Array[] = [];
  let size = 0;
  let sha256 = "";
  try {
    for await (const { data, sha256: sum } of connection.stream(method, {}, signal)) {
      if (data instanceof Uint8Array) parts.push(data);
      size += parts.at(-1)?.length ?? 0;
      if (size > compressedLimit)
        throw untrusted(connection, `the tokenizer exceeds ${compressedLimit} bytes`);
      if (typeof sum === "string") sha256 = sum;
    }
  } catch (error) {
    signal.throwIfAborted();
    const code = (error as { cause?: { code?: number } }).cause?.code;
    if (code === 9) throw notConfigured(connection, error);
    throw error;
  }
  return { archive: Buffer.concat(parts), sha256 };
}

function untrusted(connection: GrpcConnection, what: string, cause?: unknown): EngineError {
  return new EngineError("internal", `${connection.engine}: ${what}.`, { cause });
}

function notConfigured(connection: GrpcConnection, cause: unknown): EngineError {
  return new EngineError(
    "unsupported",
    `${connection.engine}: the server was started without a tokenizer path, so it has no files to give.`,
    { cause },
  );
}
