// The servers that client suites talk to: over the embedded model, which really answers, and over the scripted engine,
// which says exactly what a test wants it to say.

import { getEncoding } from "@tokenwire/encodings";
import { afterAll, afterEach, expect } from "vitest";
import {
  createEngine,
  createScriptedEngine,
  type Engine,
  type Script,
  type ScriptedEngine,
} from "../../packages/tokenwire/src/engines/index.ts";
import { type ServeOptions, type Server, serve } from "../../packages/tokenwire/src/server/index.ts";
import "../../packages/tokenwire/test/server/socket-watch.ts";

const tokenizer = getEncoding("o200k_harmony");

/** Ids of harmony text, markers included. */
export const idsOf = (text: string): number[] => [...tokenizer.encode(text, { allowedSpecial: "all" })];
/** An answer. */
export const final = (text: string): string => `<|channel|>final<|message|>${text}<|return|>`;
/** Reasoning, then something else. */
export const thought = (text: string, next: string): string =>
  `<|channel|>analysis<|message|>${text}<|end|><|start|>assistant${next}`;
/** Calls of functions, the last of which ends the answer. */
export const calls = (...list: (readonly [name: string, args: object])[]): string =>
  list
    .map(
      ([name, args]) =>
        `<|channel|>commentary to=functions.${name} <|constrain|>json<|message|>${JSON.stringify(args)}`,
    )
    .join("<|end|><|start|>assistant")
    .concat("<|call|>");

export type Kind = "embedded" | "scripted";
export const kinds: readonly Kind[] = ["embedded", "scripted"];

export interface Backend {
  readonly url: string;
  readonly baseURL: string;
  readonly model: string;
  readonly apiKey: string;
  /** The prompt of a request as text; scripted only. */
  readonly prompt: (call: number) => string;
  readonly engine: ScriptedEngine;
}

const apiKey = "test-key";
const opened: Server[] = [];
let embedded: Promise<Server> | undefined;

async function started(engine: Engine, options: ServeOptions): Promise<Server> {
  return serve(engine, { port: 0, apiKeys: [apiKey], currentDate: "2025-06-28", ...options });
}

function describeServer(server: Server, engine: ScriptedEngine): Backend {
  return {
    url: server.url,
    baseURL: `${server.url}/v1`,
    model: server.models[0]!.id,
    apiKey,
    prompt: (call) => {
      const { prompt } = engine.calls[call]!.request;
      return "tokenIds" in prompt ? tokenizer.decode(prompt.tokenIds) : prompt.text;
    },
    engine,
  };
}

/** A server whose model gives these answers, one per request, each token on its own. */
export async function scripted(
  answers: readonly (string | Script)[],
  options: ServeOptions = {},
): Promise<Backend> {
  const scripts = answers.map((answer, index): Script => {
    const script = typeof answer === "string" ? { steps: [{ tokens: idsOf(answer) }] } : answer;
    return { match: { call: index + 1 }, ...script };
  });
  const plain = await createScriptedEngine().info();
  const capabilities = { ...plain.capabilities, constraints: ["json_schema"] as const };
  const engine = createScriptedEngine({ scripts, info: { capabilities } });
  const server = await started(engine, options);
  opened.push(server);
  return describeServer(server, engine);
}

/** The one server over the embedded model, or a new one that gives these answers. */
export async function backend(kind: Kind, answers: readonly string[]): Promise<Backend> {
  if (kind === "scripted") return scripted(answers);
  embedded ??= started(createEngine({ kind: "embedded", tokenizer }), {});
  return describeServer(await embedded, createScriptedEngine());
}

/** Waits until the engine has no request left, and returns what became of each. */
export async function outcomes({ engine }: Backend): Promise<string[]> {
  const isRunning = (): boolean => engine.calls.some((call) => call.state === "running");
  for (let tries = 0; tries < 1_000 && isRunning(); tries++) await new Promise((go) => setTimeout(go, 5));
  expect(isRunning()).toBe(false);
  return engine.calls.map((call) => call.state);
}

afterEach(async () => {
  await Promise.all(opened.splice(0).map((server) => server.close()));
});
afterAll(async () => (await embedded)?.close());
