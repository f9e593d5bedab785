// `tokenwire serve`: an OpenAI-compatible server over an engine, with everything an operator can set.

import { Command, Option } from "commander";
import type { ServerOptions } from "../../server/index.ts";
import type { ResponseStore } from "../../store/index.ts";
import { applyConfig, describeConfig } from "../config.ts";
import { openModel } from "../model.ts";
import { durationOption, environmentOption, integerOption, listOption, sizeOption } from "../options.ts";
import { paint, printJson, UsageError } from "../output.ts";
import { addToolOptions, openServerTools, type ServeToolFlags } from "../serve-tools.ts";

interface ServeFlags extends ServeToolFlags {
  readonly host: string;
  readonly port: number;
  readonly model?: string;
  readonly profile?: string;
  readonly alias?: readonly string[];
  readonly apiKey?: readonly string[];
  readonly corsOrigin?: readonly string[];
  readonly allowHost?: readonly string[];
  readonly bodyLimit: number;
  readonly maxRunning: number;
  readonly maxWaiting: number;
  readonly maxChoices: number;
  readonly keyRequests: number;
  readonly keyParallel: number;
  readonly queueTimeout: number;
  readonly firstTokenTimeout: number;
  readonly tokenTimeout: number;
  readonly requestTimeout: number;
  readonly drainTimeout: number;
  readonly keepAlive: number;
  readonly reasoningFields: "both" | "reasoning" | "reasoning_content" | "none";
  readonly strict?: boolean;
  readonly anyModel?: boolean;
  readonly renderOnly?: boolean;
  readonly contextLength?: number;
  readonly currentDate: string;
  readonly store?: string;
  readonly logLevel: string;
  readonly quiet?: boolean;
  readonly printConfig?: boolean;
}

const examples = `
Examples:
  $ tokenwire serve                               the embedded toy model on http://127.0.0.1:8000
  $ tokenwire serve http://127.0.0.1:8080/v1      in front of another server
  $ tokenwire serve --render-only --profile DIR   text to token ids and back, without an engine
  $ tokenwire serve --port 9000 --api-key secret  with a key that clients must send
  $ tokenwire serve --tool browser,python --browser-site docs   tools that run inside responses
  $ TOKENWIRE_PORT=9000 tokenwire serve           every option has a variable
  $ tokenwire serve --print-config                what is set, and where it came from`;

async function toServerOptions(flags: ServeFlags): Promise<Omit<ServerOptions, "models">> {
  const { pino } = await import("pino");
  return {
    host: flags.host,
    port: flags.port,
    ...(flags.apiKey && { apiKeys: flags.apiKey }),
    ...(flags.corsOrigin && { corsOrigins: flags.corsOrigin }),
    ...(flags.allowHost && { allowedHosts: flags.allowHost }),
    limits: {
      body: flags.bodyLimit,
      running: flags.maxRunning,
      waiting: flags.maxWaiting,
      n: flags.maxChoices,
    },
    keyLimits: { requestsPerMinute: flags.keyRequests, parallel: flags.keyParallel },
    timeouts: {
      queue: flags.queueTimeout,
      firstToken: flags.firstTokenTimeout,
      betweenTokens: flags.tokenTimeout,
      total: flags.requestTimeout,
      drain: flags.drainTimeout,
    },
    keepAlive: flags.keepAlive,
    reasoningFields: flags.reasoningFields,
    strict: flags.strict === true,
    anyModel: flags.anyModel === true,
    currentDate: flags.currentDate,
    logger: pino(
      {
        level: flags.logLevel,
        redact: ["req.headers.authorization", 'req.headers["x-api-key"]', "headers.authorization"],
      },
      process.stderr,
    ),
  };
}

async function openStore(place: string): Promise<ResponseStore> {
  const { openPostgresStore, openSqliteStore } = await import("../../store/index.ts");
  if (/^postgres(?:ql)?:\/\//.test(place)) return openPostgresStore(place);
  const [scheme] = /^[a-z]+(?=:\/\/)/i.exec(place) ?? [];
  if (scheme !== undefined) {
    throw new UsageError(`--store: expected the path of a SQLite file or postgres://…, got ${scheme}://…`);
  }
  return openSqliteStore(place);
}

/** What a user needs first: where it listens, what answers, and two things to paste. */
export function banner(url: string, model: string, engine: string, needsKey: boolean): string {
  const label = (text: string): string => paint("bold", text.padEnd(9));
  const key = needsKey ? " -H 'authorization: Bearer YOUR_KEY'" : "";
  if (engine === "render-only") {
    const chat = JSON.stringify({ model, messages: [{ role: "user", content: "Hello" }] });
    return `
${label("address")} ${url}
${label("model")} ${model}
${label("engine")} none: renders and derenders only

curl ${url}/v1/chat/completions/render -H 'content-type: application/json'${key} -d '${chat}'

`;
  }
  const body = JSON.stringify({ model, stream: true, messages: [{ role: "user", content: "Hello" }] });
  return `
${label("address")} ${url}/v1
${label("model")} ${model}
${label("engine")} ${engine}

curl -N ${url}/v1/chat/completions -H 'content-type: application/json'${key} -d '${body}'

import OpenAI from "openai";
const client = new OpenAI({ baseURL: "${url}/v1", apiKey: "${needsKey ? "YOUR_KEY" : "none"}" });
console.log((await client.chat.completions.create({ model: "${model}", messages: [{ role: "user", content: "Hello" }] })).choices[0].message.content);

`;
}

function engineSpec(spec: string, { renderOnly }: ServeFlags): string {
  if (!renderOnly) return spec;
  if (spec === "embedded") return "render-only";
  throw new UsageError(`--render-only serves without an engine; leave ${JSON.stringify(spec)} out.`);
}

function isLoopback(host: string): boolean {
  return host === "localhost" || host === "::1" || host.startsWith("127.");
}

async function run(spec: string, command: Command): Promise<void> {
  await applyConfig(command);
  const flags = command.opts<ServeFlags>();
  if (flags.printConfig) {
    printJson({ engine: { value: spec, source: "argument" }, ...describeConfig(command) });
    return;
  }
  if (!/^\d{4}-\d{2}-\d{2}$|^today$|^none$/.test(flags.currentDate)) {
    throw new UsageError(`--current-date: expected YYYY-MM-DD, today or none, got "${flags.currentDate}".`);
  }
  const { createServer } = await import("../../server/index.ts");
  const { engine, profile } = await openModel({
    engine: engineSpec(spec, flags),
    profile: flags.profile,
    name: flags.model,
    contextLength: flags.contextLength,
  });
  const store = flags.store === undefined ? undefined : await openStore(flags.store);
  const tools = await openServerTools(flags);
  const server = await createServer({
    ...(await toServerOptions(flags)),
    tools: tools.tools,
    ...(store && { store }),
    models: [{ engine, profile, ...(flags.alias && { aliases: flags.alias }) }],
  });
  const url = await server.listen();
  const [model] = server.models;
  if (!flags.quiet)
    process.stdout.write(banner(url, model!.id, model!.info.engine, flags.apiKey !== undefined));
  if (!isLoopback(flags.host) && flags.apiKey === undefined) {
    process.stderr.write(
      "warning: listening beyond this machine without --api-key; anyone can use this server.\n",
    );
  }
  await closedBySignal(async () => {
    await server.close();
    await tools.close();
    await engine.close();
    await store?.close();
  });
}

/** Resolves once a first signal has closed the server; a second one exits at once. */
function closedBySignal(close: () => Promise<void>): Promise<void> {
  return new Promise((resolve, reject) => {
    let closing = false;
    const onSignal = (signal: NodeJS.Signals): void => {
      if (closing) process.exit(signal === "SIGINT" ? 130 : 143);
      closing = true;
      close().then(resolve, reject);
    };
    process.on("SIGINT", onSignal).on("SIGTERM", onSignal);
  });
}

export function serveCommand(): Command {
  const command = new Command("serve")
    .description("OpenAI-compatible server over an engine")
    .argument("[engine]", "engine: embedded, or the URL of a server that has the model", "embedded");
  command.optionsGroup("Network:");
  command
    .addOption(environmentOption("--host <address>", "address to listen on").default("127.0.0.1"))
    .addOption(
      environmentOption("-p, --port <number>", "port to listen on; 0 takes a free one")
        .argParser(integerOption(0, 65_535))
        .default(8000),
    )
    .addOption(
      environmentOption("--api-key <key>", "key that clients must send; repeatable").argParser(listOption),
    )
    .addOption(
      environmentOption(
        "--cors-origin <origin>",
        "origin whose pages may read answers; repeatable, * for any",
      ).argParser(listOption),
    )
    .addOption(
      environmentOption(
        "--allow-host <name>",
        "further Host name to answer to on this machine; repeatable",
      ).argParser(listOption),
    );
  command.optionsGroup("Model:");
  command
    .addOption(environmentOption("-m, --model <name>", "name under which the model is served"))
    .addOption(
      environmentOption("--profile <folder>", "folder or GGUF file with tokenizer and chat template"),
    )
    .addOption(
      environmentOption("--alias <name>", "further name of the model; repeatable").argParser(listOption),
    )
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
      ).argParser(integerOption(1, 1_000_000_000)),
    )
    .addOption(environmentOption("--any-model", "answer requests for any model name"))
    .addOption(
      environmentOption(
        "--current-date <date>",
        "date that harmony models are told: YYYY-MM-DD, today or none",
      ).default("today"),
    );
  command.optionsGroup("Limits:");
  command
    .addOption(
      environmentOption("--body-limit <size>", "largest request body")
        .argParser(sizeOption)
        .default(32 * 1024 * 1024, "32MiB"),
    )
    .addOption(
      environmentOption("--max-running <n>", "requests that generate at once")
        .argParser(integerOption(1, 100_000))
        .default(64),
    )
    .addOption(
      environmentOption("--max-waiting <n>", "requests that wait; 429 above")
        .argParser(integerOption(0, 100_000))
        .default(100),
    )
    .addOption(
      environmentOption("--max-choices <n>", "choices (n) per request")
        .argParser(integerOption(1, 128))
        .default(128),
    )
    .addOption(
      environmentOption("--key-requests <n>", "requests per minute and key; 429 above, 0 for no limit")
        .argParser(integerOption(0, 1_000_000))
        .default(0),
    )
    .addOption(
      environmentOption("--key-parallel <n>", "requests of a key at once; 429 above, 0 for no limit")
        .argParser(integerOption(0, 100_000))
        .default(0),
    )
    .addOption(environmentOption("--strict", "refuse unknown request fields instead of ignoring them"));
  command.optionsGroup("Times (such as 500ms, 30s, 2m; 0 turns one off):");
  const duration = (flags: string, description: string, milliseconds: number, shown: string): Option =>
    environmentOption(flags, description).argParser(durationOption).default(milliseconds, shown);
  command
    .addOption(duration("--queue-timeout <time>", "wait for a free slot", 60_000, "60s"))
    .addOption(duration("--first-token-timeout <time>", "wait for the first token", 300_000, "5m"))
    .addOption(duration("--token-timeout <time>", "wait between tokens", 60_000, "60s"))
    .addOption(duration("--request-timeout <time>", "a whole request", 3_600_000, "1h"))
    .addOption(duration("--drain-timeout <time>", "finish running requests on shutdown", 30_000, "30s"))
    .addOption(duration("--keep-alive <time>", "silence after which a stream gets a comment", 15_000, "15s"));
  addToolOptions(command);
  command.optionsGroup("Answers and output:");
  command
    .addOption(
      environmentOption("--reasoning-fields <which>", "reasoning fields of chat completions")
        .choices(["both", "reasoning", "reasoning_content", "none"])
        .default("both"),
    )
    .addOption(
      environmentOption("--log-level <level>", "what is logged to standard error")
        .choices(["silent", "error", "warn", "info", "debug"])
        .default("warn"),
    )
    .addOption(environmentOption("-q, --quiet", "print nothing on start"))
    .addOption(new Option("--config <file>", "configuration file (default: tokenwire.config.json here)"))
    .addOption(new Option("--print-config", "show every setting and where it came from, then exit"));
  return command
    .addHelpText("after", examples)
    .action((spec: string, _options: unknown, self: Command) => run(spec, self));
}
