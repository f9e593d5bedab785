// Engines by name. Adding one: a file that creates it and a line in `engineKinds`.

import { didYouMean, TokenwireError } from "@tokenwire/core";
import { type BalancePolicy, createBalancedEngine } from "./balanced/index.ts";
import { createEchoEngine } from "./echo.ts";
import type { ConstraintCompiler, TokenBytesSource } from "./embedded/index.ts";
import { openEmbeddedEngine } from "./embedded-file.ts";
import type { Engine } from "./engine.ts";
import { createGrpcEngine, grpcDialectNames } from "./grpc/index.ts";
import { createLlamaCppEngine } from "./llamacpp/index.ts";
import {
  createAutoEngine,
  createLlamaServerEngine,
  createOllamaEngine,
  createOpenAiEngine,
  createSglangEngine,
  createTgiEngine,
  createVllmCompletionsEngine,
  createVllmEngine,
  type RemoteTimeouts,
} from "./remote/index.ts";
import { createRenderOnlyEngine } from "./render-only.ts";
import { createScriptedEngine, type Script } from "./scripted/index.ts";

/** Which engine, and what it needs. Kinds ignore what does not concern them. */
export interface EngineOptions {
  /** `embedded` (also `toy`), `node-llama-cpp` (also `llamacpp`), `scripted`, `echo`; or a remote one, which needs a `url`: see `listEngineKinds()`. */
  readonly kind: string;
  /** Address of a remote engine. */
  readonly url?: string;
  /** Engines behind a `balanced` one, as URLs. */
  readonly urls?: readonly string[];
  /** Which of them gets a request. Default `prefix`. */
  readonly policy?: BalancePolicy;
  /** Requests that name one of them go to another one when it cannot take them. */
  readonly pinFallback?: boolean;
  /** Model to ask a remote engine for. Default: its first. */
  readonly model?: string;
  readonly apiKey?: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly timeouts?: RemoteTimeouts;
  /** Attempts of a remote engine after the first, before any token. */
  readonly retries?: number;
  /** Context length to assume where a remote engine does not tell. */
  readonly maxContext?: number;
  /** Names the engine where there are several. Default: the kind. */
  readonly id?: string;
  /** A model file, for engines that run one themselves. */
  readonly path?: string;
  /**
   * The tokenizer of the ids that will be sent. The embedded engine needs it for words outside its small table,
   * llama-server's adapter to find ids again that the server leaves out.
   */
  readonly tokenizer?: TokenBytesSource;
  /** Requests generated at the same time, where the engine decides. */
  readonly maxConcurrent?: number;
  readonly constraints?: ConstraintCompiler;
  /** Processor threads of llama.cpp in process. */
  readonly threads?: number;
  /** False keeps llama.cpp in process off the graphics card. */
  readonly gpu?: boolean;
  readonly scripts?: readonly Script[];
  readonly tokensPerSecond?: number;
}

/** Every kind with the function that creates it. */
const engineKinds: Readonly<Record<string, (options: EngineOptions) => Engine>> = {
  embedded: openEmbeddedEngine,
  toy: openEmbeddedEngine,
  scripted: createScriptedEngine,
  echo: createEchoEngine,
  "render-only": createRenderOnlyEngine,
  "node-llama-cpp": openLlamaCpp,
  llamacpp: openLlamaCpp,
  auto: remote(createAutoEngine),
  vllm: remote(createVllmEngine),
  "vllm-completions": remote(createVllmCompletionsEngine),
  sglang: remote(createSglangEngine),
  "llama-server": remote(createLlamaServerEngine),
  openai: remote(createOpenAiEngine),
  ollama: remote(createOllamaEngine),
  tgi: remote(createTgiEngine),
  balanced: openBalanced,
  grpc: remote(createGrpcEngine),
  ...Object.fromEntries(
    grpcDialectNames.map((name) => [`grpc-${name}`, remote((options) => createGrpcEngine(options, name))]),
  ),
};

/** A remote engine's factory, once it is known that there is an address. */
function remote(
  create: (options: EngineOptions & { readonly url: string }) => Engine,
): (options: EngineOptions) => Engine {
  return (options) => {
    const { url } = options;
    if (url !== undefined) return create({ ...options, url });
    throw new TokenwireError(
      "INVALID_ARGUMENT",
      `The engine "${options.kind}" needs the address of its server, such as "${options.kind}:http://127.0.0.1:8000".`,
    );
  };
}

/** Several engines as one: `balanced:URL,URL`. */
function openBalanced(options: EngineOptions): Engine {
  const {
    path = "",
    urls = path.split(",").filter((url) => url.trim() !== ""),
    kind: _,
    ...shared
  } = options;
  if (urls.length > 0) {
    const engines = urls.map((url) =>
      createEngine(url.trim(), { ...shared, id: withoutSecrets(url.trim()) }),
    );
    return createBalancedEngine({ ...shared, engines });
  }
  throw new TokenwireError(
    "INVALID_ARGUMENT",
    `The engine "balanced" needs the addresses of its engines, such as "balanced:vllm:http://10.0.0.1:8000,vllm:http://10.0.0.2:8000".`,
  );
}

/** An address as it may be shown: in metrics, to clients that ask for it by name. */
function withoutSecrets(url: string): string {
  return url.replace(/\/\/[^/@]*@/, "//");
}

function openLlamaCpp(options: EngineOptions): Engine {
  const { path } = options;
  if (path !== undefined) return createLlamaCppEngine({ ...options, path });
  throw new TokenwireError(
    "INVALID_ARGUMENT",
    `The engine "${options.kind}" needs a model file, such as "${options.kind}:model.gguf".`,
  );
}

/** The kinds that `createEngine` knows. */
export function listEngineKinds(): readonly string[] {
  return Object.keys(engineKinds);
}

/**
 * An engine by kind or URL. A URL's scheme is the kind; what follows is the model file or the address. For a plain
 * `http://…` or `grpc://…` the server is asked which engine it is.
 *
 * @param more what else the engine needs, beside a URL.
 *
 * @throws INVALID_ARGUMENT for an unknown kind, naming the known ones.
 * @example
 * createEngine("embedded")
 * createEngine("http://127.0.0.1:8000")
 * createEngine("vllm:http://127.0.0.1:8000")
 * createEngine("grpc://127.0.0.1:50051")
 * createEngine("balanced:vllm:http://10.0.0.1:8000,vllm:http://10.0.0.2:8000")
 * createEngine({ kind: "embedded", path: "model.gguf", tokenizer })
 */
export function createEngine(
  urlOrOptions: string | EngineOptions,
  more: Partial<EngineOptions> = {},
): Engine {
  const given = typeof urlOrOptions === "string" ? parseEngineUrl(urlOrOptions) : urlOrOptions;
  const options = { ...more, ...given };
  const create = engineKinds[options.kind];
  if (create === undefined) throw unknownKind(options.kind);
  return create(options);
}

function parseEngineUrl(url: string): EngineOptions {
  if (/^https?:\/\//i.test(url)) return { kind: "auto", url };
  if (/^grpcs?:\/\//i.test(url)) return { kind: "grpc", url };
  const [, kind = url, rest = ""] = /^([a-z][a-z0-9+.-]*):(.*)$/i.exec(url) ?? [];
  if (/^balanced$/i.test(kind)) return { kind: "balanced", path: rest };
  if (/^(?:http|grpc)s?:\/\//i.test(rest)) return { kind, url: rest };
  const path = rest.replace(/^\/\/(?=.)/, "");
  return path === "" ? { kind } : { kind, path };
}

function unknownKind(kind: string): TokenwireError {
  const known = listEngineKinds();
  return new TokenwireError(
    "INVALID_ARGUMENT",
    `Unknown engine "${kind}". Known engines: ${known.join(", ")}.${didYouMean(kind, known)}`,
  );
}
