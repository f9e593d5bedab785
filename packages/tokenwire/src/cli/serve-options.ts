// Options of `tokenwire serve`, in groups, and what they are to the server. Every one has a variable and a name in the
// configuration file: `--max-running` is TOKENWIRE_MAX_RUNNING and `maxRunning`.

import { readFile } from "node:fs/promises";
import { type Command, Option } from "commander";
import type { BalancePolicy } from "../engines/index.ts";
import type { CodecOptions, ServerOptions, TlsOptions } from "../server/index.ts";
import { logDestination } from "./log-lines.ts";
import { durationOption, environmentOption, integerOption, listOption, sizeOption } from "./options.ts";
import { UsageError } from "./output.ts";
import { addToolOptions, type ServeToolFlags } from "./serve-tools.ts";

export interface ServeFlags extends ServeToolFlags {
  readonly host: string;
  readonly port: number;
  readonly tlsCert?: string;
  readonly tlsKey?: string;
  readonly tlsClientCa?: string;
  readonly apiKey?: readonly string[];
  readonly routingHeaders: "authenticated" | "all" | "none";
  readonly policy?: BalancePolicy;
  readonly pinFallback?: boolean;
  readonly corsOrigin?: readonly string[];
  readonly allowHost?: readonly string[];
  readonly metricsPort?: number;
  readonly model?: string;
  readonly profile?: string;
  readonly alias?: readonly string[];
  readonly store?: string;
  readonly renderOnly?: boolean;
  readonly contextLength?: number;
  readonly anyModel?: boolean;
  readonly currentDate: string;
  readonly bodyLimit: number;
  readonly jsonDepth: number;
  readonly maxRunning: number;
  readonly maxWaiting: number;
  readonly maxConnections: number;
  readonly maxSockets: number;
  readonly maxChoices: number;
  readonly keyRequests: number;
  readonly keyTokens: number;
  readonly keyParallel: number;
  readonly strict?: boolean;
  readonly queueTimeout: number;
  readonly firstTokenTimeout: number;
  readonly tokenTimeout: number;
  readonly requestTimeout: number;
  readonly uploadTimeout: number;
  readonly stalledReaderTimeout: number;
  readonly socketTimeout: number;
  readonly drainTimeout: number;
  readonly coalesce: number;
  readonly keepAlive: number;
  readonly reasoningFields: "both" | "reasoning" | "reasoning_content" | "none";
  readonly errorDialect: "openai" | "smg";
  readonly binaryFormat?: readonly string[];
  readonly publicMaps?: boolean;
  readonly logLevel: string;
  readonly logContent?: boolean;
  readonly traceContent?: boolean;
  readonly metricsCompat?: "vllm";
  readonly quiet?: boolean;
  readonly printConfig?: boolean;
}

const count = (flags: string, description: string, low: number, high: number, value: number): Option =>
  environmentOption(flags, description).argParser(integerOption(low, high)).default(value);

const list = (flags: string, description: string): Option =>
  environmentOption(flags, description).argParser(listOption);

const duration = (flags: string, description: string, milliseconds: number, shown: string): Option =>
  environmentOption(flags, description).argParser(durationOption).default(milliseconds, shown);

function addNetworkOptions(command: Command): void {
  command.optionsGroup("Network:");
  const port = environmentOption("-p, --port <number>", "port to listen on; 0 takes a free one");
  command
    .addOption(environmentOption("--host <address>", "address to listen on").default("127.0.0.1"))
    .addOption(port.argParser(integerOption(0, 65_535)).default(8000))
    .addOption(environmentOption("--tls-cert <file>", "speak HTTPS with this certificate (PEM)"))
    .addOption(environmentOption("--tls-key <file>", "its private key (PEM)"))
    .addOption(environmentOption("--tls-client-ca <file>", "authorities of certificates clients must have"))
    .addOption(list("--api-key <key>", "key that clients must send; repeatable"))
    .addOption(list("--cors-origin <origin>", "origin whose pages may read answers; repeatable, * for any"))
    .addOption(list("--allow-host <name>", "further Host name to answer to on this machine; repeatable"))
    .addOption(
      environmentOption("--metrics-port <number>", "serve /metrics here too, without a key").argParser(
        integerOption(0, 65_535),
      ),
    );
}

function addModelOptions(command: Command): void {
  command.optionsGroup("Model:");
  command
    .addOption(environmentOption("-m, --model <name>", "name under which the model is served"))
    .addOption(
      environmentOption("--profile <folder>", "folder or GGUF file with tokenizer and chat template"),
    )
    .addOption(list("--alias <name>", "further name of the model; repeatable"))
    .addOption(
      environmentOption(
        "--store <place>",
        "where responses and conversations are kept: a SQLite file, or postgres://… (default: memory)",
      ),
    )
    .addOption(
      environmentOption("--render-only", "no engine: text to token ids and back, for engines elsewhere"),
    )
    .addOption(
      environmentOption(
        "--context-length <tokens>",
        "prompt and answer together, where less than the model's",
      ).argParser(integerOption(1, 2 ** 31)),
    )
    .addOption(environmentOption("--any-model", "answer requests for any model name"))
    .addOption(
      environmentOption(
        "--current-date <date>",
        "date that harmony models are told: YYYY-MM-DD, today or none",
      ).default("today"),
    );
}

function addRoutingOptions(command: Command): void {
  command.optionsGroup("Several engines (balanced:URL,URL):");
  command
    .addOption(
      environmentOption(
        "--policy <name>",
        "which engine gets a request: prefix (default), prefix-hash, consistent-hashing, least-load, least-outstanding, power-of-two, round-robin, random",
      ),
    )
    .addOption(
      environmentOption(
        "--pin-fallback",
        "requests that name an engine go to another one when it cannot take them",
      ),
    )
    .addOption(
      environmentOption("--routing-headers <whose>", "whose headers may name an engine or a session")
        .choices(["authenticated", "all", "none"])
        .default("authenticated"),
    );
}

function addLimitOptions(command: Command): void {
  command.optionsGroup("Limits:");
  const bodyLimit = environmentOption("--body-limit <size>", "largest request body").argParser(sizeOption);
  command
    .addOption(bodyLimit.default(32 * 1024 * 1024, "32MiB"))
    .addOption(count("--json-depth <n>", "deepest nesting of a request body", 1, 1_000, 128))
    .addOption(count("--max-running <n>", "requests that generate at once", 1, 100_000, 64))
    .addOption(count("--max-waiting <n>", "requests that wait; 429 above", 0, 100_000, 100))
    .addOption(
      count("--max-connections <n>", "open connections; more are ended at once", 1, 1_000_000, 10_000),
    )
    .addOption(count("--max-sockets <n>", "open WebSockets; 429 above", 0, 100_000, 100))
    .addOption(count("--max-choices <n>", "choices (n) per request", 1, 128, 128))
    .addOption(count("--key-requests <n>", "requests a minute and key; 0: no limit", 0, 1_000_000, 0))
    .addOption(count("--key-tokens <n>", "tokens a minute and key; 0: no limit", 0, 2 ** 40, 0))
    .addOption(count("--key-parallel <n>", "requests of a key at once; 0: no limit", 0, 100_000, 0))
    .addOption(environmentOption("--strict", "refuse unknown request fields instead of ignoring them"));
}

function addTimeOptions(command: Command): void {
  command.optionsGroup("Times (such as 500ms, 30s, 2m; 0 turns one off):");
  command
    .addOption(duration("--queue-timeout <time>", "wait for a free slot", 60_000, "60s"))
    .addOption(duration("--first-token-timeout <time>", "wait for the first token", 300_000, "5m"))
    .addOption(duration("--token-timeout <time>", "wait between tokens", 60_000, "60s"))
    .addOption(duration("--request-timeout <time>", "a whole request", 3_600_000, "1h"))
    .addOption(duration("--upload-timeout <time>", "receiving a request", 120_000, "2m"))
    .addOption(
      duration("--stalled-reader-timeout <time>", "wait for a client that does not read", 60_000, "60s"),
    )
    .addOption(duration("--socket-timeout <time>", "life of a WebSocket", 3_600_000, "1h"))
    .addOption(duration("--drain-timeout <time>", "finish running requests on shutdown", 30_000, "30s"))
    .addOption(duration("--coalesce <time>", "how long text of a stream may wait for more of it", 0, "0s"))
    .addOption(duration("--keep-alive <time>", "silence after which a stream gets a comment", 15_000, "15s"));
}

function addOutputOptions(command: Command): void {
  command.optionsGroup("Answers and output:");
  command
    .addOption(
      environmentOption("--reasoning-fields <which>", "reasoning fields of chat completions")
        .choices(["both", "reasoning", "reasoning_content", "none"])
        .default("both"),
    )
    .addOption(
      environmentOption("--error-dialect <name>", "whose error bodies clients get")
        .choices(["openai", "smg"])
        .default("openai"),
    )
    .addOption(list("--binary-format <name>", "binary answers to offer, or none; repeatable (default: all)"))
    .addOption(environmentOption("--public-maps", "answer /.well-known/codec and /codec without a key"))
    .addOption(
      environmentOption("--log-level <level>", "what is logged to standard error")
        .choices(["silent", "error", "warn", "info", "debug"])
        .default("warn"),
    )
    .addOption(environmentOption("--log-content", "log prompts and answers too, at level info"))
    .addOption(environmentOption("--trace-content", "record prompts and answers in OpenTelemetry traces"))
    .addOption(
      environmentOption("--metrics-compat <names>", "count under the names of another server too").choices([
        "vllm",
      ]),
    )
    .addOption(environmentOption("-q, --quiet", "print nothing on start"))
    .addOption(new Option("--config <file>", "configuration file (default: tokenwire.config.json here)"))
    .addOption(new Option("--print-config", "show every setting and where it came from, then exit"));
}

/** Without the name of each variable, which would double the length: one rule gives them all. */
function describe({ description, defaultValue, defaultValueDescription, argChoices }: Option): string {
  const notes = [
    ...(argChoices ? [argChoices.join(", ")] : []),
    ...(defaultValue === undefined ? [] : [`default: ${defaultValueDescription ?? String(defaultValue)}`]),
  ];
  return notes.length === 0 ? description : `${description} (${notes.join("; ")})`;
}

export function addServeOptions(command: Command): void {
  command.configureHelp({ optionDescription: describe });
  addNetworkOptions(command);
  addModelOptions(command);
  addRoutingOptions(command);
  addLimitOptions(command);
  addTimeOptions(command);
  addToolOptions(command);
  addOutputOptions(command);
}

async function readPem(flag: string, path: string): Promise<Buffer> {
  try {
    return await readFile(path);
  } catch (cause) {
    throw new UsageError(`${flag}: cannot read ${path}: ${(cause as Error).message}`);
  }
}

async function toTls({ tlsCert, tlsKey, tlsClientCa }: ServeFlags): Promise<TlsOptions | undefined> {
  if (tlsCert === undefined && tlsKey === undefined && tlsClientCa === undefined) return undefined;
  if (tlsCert === undefined) throw new UsageError("--tls-cert: name the certificate of the server too.");
  if (tlsKey === undefined) throw new UsageError("--tls-key: name the private key of the certificate too.");
  return {
    cert: await readPem("--tls-cert", tlsCert),
    key: await readPem("--tls-key", tlsKey),
    ...(tlsClientCa !== undefined && { clientCa: await readPem("--tls-client-ca", tlsClientCa) }),
  };
}

async function toCodec({ binaryFormat: given, publicMaps }: ServeFlags): Promise<CodecOptions> {
  const shared = { publicDiscovery: publicMaps === true };
  if (given === undefined) return shared;
  const { BINARY_FORMATS } = await import("../protocol/index.ts");
  const formats = given.filter((name) => name !== "none");
  const unknown = formats.find((name) => !BINARY_FORMATS.some((known) => known === name));
  if (unknown !== undefined) {
    throw new UsageError(
      `--binary-format: unknown format "${unknown}". Known: ${BINARY_FORMATS.join(", ")}, none.`,
    );
  }
  return { ...shared, formats: BINARY_FORMATS.filter((known) => formats.includes(known)) };
}

/** What the flags say to the server. Raises `UsageError`. */
export async function toServerOptions(flags: ServeFlags): Promise<Omit<ServerOptions, "models">> {
  const { pino } = await import("pino");
  if (!/^\d{4}-\d{2}-\d{2}$|^today$|^none$/.test(flags.currentDate)) {
    throw new UsageError(`--current-date: expected YYYY-MM-DD, today or none, got "${flags.currentDate}".`);
  }
  const [tls, codec] = [await toTls(flags), await toCodec(flags)];
  return {
    host: flags.host,
    port: flags.port,
    ...(tls && { tls }),
    ...(flags.apiKey && { apiKeys: flags.apiKey }),
    routingHeaders: flags.routingHeaders,
    ...(flags.corsOrigin && { corsOrigins: flags.corsOrigin }),
    ...(flags.allowHost && { allowedHosts: flags.allowHost }),
    ...(flags.metricsPort !== undefined && { metricsPort: flags.metricsPort }),
    limits: {
      body: flags.bodyLimit,
      jsonDepth: flags.jsonDepth,
      running: flags.maxRunning,
      waiting: flags.maxWaiting,
      connections: flags.maxConnections,
      sockets: flags.maxSockets,
      n: flags.maxChoices,
    },
    keyLimits: {
      requestsPerMinute: flags.keyRequests,
      tokensPerMinute: flags.keyTokens,
      parallel: flags.keyParallel,
    },
    timeouts: {
      queue: flags.queueTimeout,
      firstToken: flags.firstTokenTimeout,
      betweenTokens: flags.tokenTimeout,
      total: flags.requestTimeout,
      upload: flags.uploadTimeout,
      stalledReader: flags.stalledReaderTimeout,
      socket: flags.socketTimeout,
      drain: flags.drainTimeout,
    },
    coalesceMs: flags.coalesce,
    keepAlive: flags.keepAlive,
    reasoningFields: flags.reasoningFields,
    errorDialect: flags.errorDialect,
    strict: flags.strict === true,
    anyModel: flags.anyModel === true,
    currentDate: flags.currentDate,
    codec,
    logContent: flags.logContent === true,
    ...(flags.traceContent && { tracing: { content: true } }),
    ...(flags.metricsCompat && { metricsCompat: flags.metricsCompat }),
    logger: pino(
      {
        level: flags.logLevel,
        redact: ["req.headers.authorization", 'req.headers["x-api-key"]', "headers.authorization"],
      },
      logDestination(),
    ),
  };
}
