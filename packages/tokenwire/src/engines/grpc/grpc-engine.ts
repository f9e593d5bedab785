// Engines that speak the shared gRPC family: one client, five dialects, told apart by the name of the service.

import { type Engine, EngineError } from "../engine.ts";
import { createLazyEngine } from "../remote/lazy-engine.ts";
import type { RemoteEngineOptions } from "../remote/options.ts";
import { createUpstreamEngine } from "../remote/remote-engine.ts";
import { GrpcConnection } from "./connection.ts";
import type { GrpcDialect } from "./dialect.ts";
import { mlx } from "./dialects/mlx.ts";
import { sglang } from "./dialects/sglang.ts";
import { tokenspeed } from "./dialects/tokenspeed.ts";
import { trtllm } from "./dialects/trtllm.ts";
import { vllm } from "./dialects/vllm.ts";
import { createGrpcUpstream } from "./grpc-upstream.ts";

const dialects: readonly GrpcDialect[] = [vllm, sglang, tokenspeed, trtllm, mlx];

/** `vllm`, `sglang`, `tokenspeed`, `trtllm` and `mlx`. */
export const grpcDialectNames: readonly string[] = dialects.map(({ name }) => name);

/**
 * An engine behind `grpc://host:port`. Without a dialect the server is asked, on first use, which service it has.
 *
 * @throws EngineError `unsupported` on first use when @grpc/grpc-js is not installed.
 */
export function createGrpcEngine(options: RemoteEngineOptions, dialect?: string): Engine {
  const known = dialects.find(({ name }) => name === dialect);
  if (known !== undefined) return createUpstreamEngine(createGrpcUpstream(known, options), options);
  return createLazyEngine(options.id ?? options.url, async (signal) => {
    const found = await detectDialect(options, signal);
    return createUpstreamEngine(createGrpcUpstream(found, options), options);
  });
}

/** The dialect whose service answers; the others do not exist there. */
async function detectDialect(options: RemoteEngineOptions, signal?: AbortSignal): Promise<GrpcDialect> {
  const connection = new GrpcConnection("grpc", options);
  try {
    for (const dialect of dialects) {
      if (await answers(connection, dialect, signal)) return dialect;
    }
  } finally {
    connection.close();
  }
  const services = dialects.map(({ service }) => service).join(", ");
  throw new EngineError("invalid_request", `grpc: ${options.url} has none of the services ${services}.`);
}

async function answers(
  connection: GrpcConnection,
  { service, messages }: GrpcDialect,
  signal?: AbortSignal,
): Promise<boolean> {
  const method = { path: `/${service}/GetModelInfo`, request: {}, response: messages.modelInfo };
  try {
    await connection.call(method, {}, { timeout: 5_000, signal });
    return true;
  } catch (error) {
    const isMissing = error instanceof EngineError && error.code === "unsupported" && error.status === 501;
    if (isMissing) return false;
    throw error;
  }
}
