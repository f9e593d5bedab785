// `tokenwire serve`: an OpenAI-compatible server over an engine, with everything an operator can set.

import { Command } from "commander";
import type { ResponseStore } from "../../store/index.ts";
import { applyConfig, describeConfig, firstSetting } from "../config.ts";
import { openModel } from "../model.ts";
import { paint, printJson, UsageError } from "../output.ts";
import { addServeOptions, type ServeFlags, toServerOptions } from "../serve-options.ts";
import { openServerTools } from "../serve-tools.ts";

const examples = `
Every option can also be set by a variable (--max-running: TOKENWIRE_MAX_RUNNING) and in the configuration file
(maxRunning); the engine by TOKENWIRE_ENGINE and "engine". Flags win over variables, variables over the file.

Examples:
  $ tokenwire serve                               the embedded toy model on http://127.0.0.1:8000
  $ tokenwire serve http://127.0.0.1:8080/v1      in front of another server
  $ tokenwire serve balanced:http://10.0.0.1:8000,http://10.0.0.2:8000 --policy least-load   several servers as one
  $ tokenwire serve --render-only --profile DIR   text to token ids and back, without an engine
  $ tokenwire serve --port 9000 --api-key secret  with a key that clients must send
  $ tokenwire serve --tool browser,python --browser-site docs   tools that run inside responses
  $ tokenwire serve --tls-cert cert.pem --tls-key key.pem   over HTTPS
  $ TOKENWIRE_MAX_RUNNING=8 tokenwire serve       an option from the environment
  $ tokenwire serve --print-config                what is set, and where it came from`;

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
  // Every address is none to send requests to.
  const here = url.replace("//0.0.0.0:", "//127.0.0.1:").replace("//[::]:", "//[::1]:");
  const key = needsKey ? " -H 'authorization: Bearer YOUR_KEY'" : "";
  if (engine === "render-only") {
    const chat = JSON.stringify({ model, messages: [{ role: "user", content: "Hello" }] });
    return `
${label("address")} ${url}
${label("model")} ${model}
${label("engine")} none: renders and derenders only

curl ${here}/v1/chat/completions/render -H 'content-type: application/json'${key} -d '${chat}'

`;
  }
  const body = JSON.stringify({ model, stream: true, messages: [{ role: "user", content: "Hello" }] });
  return `
${label("address")} ${url}/v1
${label("model")} ${model}
${label("engine")} ${engine}

curl -N ${here}/v1/chat/completions -H 'content-type: application/json'${key} -d '${body}'

import OpenAI from "openai";
const client = new OpenAI({ baseURL: "${here}/v1", apiKey: "${needsKey ? "YOUR_KEY" : "none"}" });
console.log((await client.chat.completions.create({ model: "${model}", messages: [{ role: "user", content: "Hello" }] })).choices[0].message.content);

`;
}

function engineSpec(spec: string, { renderOnly }: ServeFlags): string {
  if (!renderOnly) return spec;
  if (spec === "embedded") return "render-only";
  throw new UsageError(`--render-only serves without an engine; leave ${JSON.stringify(spec)} out.`);
}

/** Flags about several engines; with one alone they would be without effect. */
function balancing(
  spec: string,
  { policy, pinFallback }: ServeFlags,
): Pick<ServeFlags, "policy" | "pinFallback"> {
  if (/^balanced:/i.test(spec)) return { ...(policy && { policy }), ...(pinFallback && { pinFallback }) };
  if (policy === undefined && pinFallback === undefined) return {};
  const flag = policy === undefined ? "--pin-fallback" : "--policy";
  throw new UsageError(
    `${flag} is about several engines, as in balanced:URL,URL; ${JSON.stringify(spec)} is one.`,
  );
}

function isLoopback(host: string): boolean {
  return host === "localhost" || host === "::1" || host.startsWith("127.");
}

async function run(given: string | undefined, command: Command): Promise<void> {
  const file = await applyConfig(command, ["engine"]);
  const engineSetting = firstSetting({
    argument: given,
    environment: process.env["TOKENWIRE_ENGINE"],
    file: file["engine"],
    default: "embedded",
  });
  const flags = command.opts<ServeFlags>();
  if (flags.printConfig) {
    printJson({ engine: engineSetting, ...describeConfig(command) });
    return;
  }
  const spec = engineSetting.value;
  const serverOptions = await toServerOptions(flags);
  const { createServer } = await import("../../server/index.ts");
  const { engine, profile } = await openModel({
    engine: engineSpec(spec, flags),
    profile: flags.profile,
    name: flags.model,
    contextLength: flags.contextLength,
    ...balancing(spec, flags),
  });
  const store = flags.store === undefined ? undefined : await openStore(flags.store);
  const tools = await openServerTools(flags);
  const server = await createServer({
    ...serverOptions,
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
    .argument("[engine]", "embedded (the default), or the URL of a server that has the model");
  addServeOptions(command);
  return command
    .addHelpText("after", examples)
    .action((spec: string | undefined, _options: unknown, self: Command) => run(spec, self));
}
