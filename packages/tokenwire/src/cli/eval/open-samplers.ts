// Whom an eval asks: a server over HTTP or an engine in this process, with or without tools.

import { randomUUID } from "node:crypto";
import type { Sampler, SamplerOptions } from "../../evals/index.ts";
import type { ServedModel } from "../../server/index.ts";
import type { Tool } from "../../tools/index.ts";
import { openServedModel } from "../model.ts";
import { UsageError } from "../output.ts";
import { openBrowserBackend, openPython } from "../tool-backends.ts";

export interface SamplerFlags {
  readonly sampler: "responses" | "chat_completions";
  readonly baseUrl: string;
  readonly keyEnv: string;
  readonly engine?: string;
  readonly profile?: string;
  readonly startDate?: string;
  readonly tools?: readonly string[];
  readonly browserBackend: string;
  readonly pythonBackend: string;
  readonly temperature: number;
  readonly topP?: number;
  readonly maxTokens?: number;
  readonly concurrency: number;
  readonly retries: number;
  readonly timeout: number;
}

/** Makes a sampler per model and effort; what they share is opened once. */
export interface Samplers {
  /** The engine's model, where an engine is asked. */
  readonly model?: string;
  create(model: string, effort: string | undefined): Promise<Sampler>;
  close(): Promise<void>;
}

const toolNames = ["python", "browser"];
/** What the published evals ask a server for. */
const serverMaxTokens = 131_072;

export async function openSamplers(flags: SamplerFlags): Promise<Samplers> {
  const unknown = flags.tools?.find((name) => !toolNames.includes(name));
  if (unknown !== undefined) {
    throw new UsageError(`--tools: unknown tool "${unknown}". Known: ${toolNames.join(", ")}.`);
  }
  if (flags.engine !== undefined) return openEngine(flags.engine, flags);
  if (flags.tools && flags.sampler !== "responses") {
    throw new UsageError("--tools: a server runs tools for the Responses API only; use --sampler responses.");
  }
  return { create: (model, effort) => createHttpSampler(model, effort, flags), close: async () => undefined };
}

async function createHttpSampler(
  model: string,
  effort: string | undefined,
  flags: SamplerFlags,
): Promise<Sampler> {
  const { createChatCompletionsSampler, createResponsesSampler } = await import("../../evals/index.ts");
  const key = process.env[flags.keyEnv];
  const options: SamplerOptions = {
    baseUrl: flags.baseUrl,
    model,
    temperature: flags.temperature,
    maxTokens: flags.maxTokens ?? serverMaxTokens,
    retries: flags.retries,
    timeout: flags.timeout,
    ...(key && { apiKey: key }),
    ...(effort !== undefined && { reasoningEffort: effort }),
    ...(flags.topP !== undefined && { topP: flags.topP }),
    ...(flags.tools && { serverTools: flags.tools.map(serverTool) }),
  };
  return flags.sampler === "responses"
    ? createResponsesSampler(options)
    : createChatCompletionsSampler(options);
}

const serverTool = (name: string): object =>
  name === "python"
    ? { type: "code_interpreter", container: { type: "auto" } }
    : { type: "web_search_preview" };

async function openEngine(spec: string, flags: SamplerFlags): Promise<Samplers> {
  const { createEngineSampler } = await import("./engine-sampler.ts");
  const own = await openLocalTools(flags);
  let model: ServedModel;
  try {
    model = await openServedModel({ engine: spec, profile: flags.profile });
  } catch (error) {
    await own.close();
    throw error;
  }
  const { temperature, topP, maxTokens, startDate: currentDate } = flags;
  const sampling = {
    temperature,
    ...(topP !== undefined && { topP }),
    ...(maxTokens !== undefined && { maxTokens }),
  };
  return {
    model: model.profile.id,
    create: async (_model, effort) =>
      createEngineSampler({ model, sampling, effort, currentDate, createTools: own.create }),
    close: async () => {
      await own.close();
      await model.engine.close();
    },
  };
}

interface LocalTools {
  readonly create: (() => Tool[]) | undefined;
  close(): Promise<void>;
}

async function openLocalTools(flags: SamplerFlags): Promise<LocalTools> {
  const { tools: names } = flags;
  if (names === undefined) return { create: undefined, close: async () => undefined };
  const { createBrowserTool } = await import("../../tools/index.ts");
  const { getEncoding } = await import("@tokenwire/encodings");
  const tokenizer = names.includes("browser") ? getEncoding("o200k_base") : undefined;
  const backend = names.includes("browser") ? await openBrowserBackend(flags.browserBackend) : undefined;
  // Interpreters are large; samples beyond these wait for one.
  const python = names.includes("python") ? await openPython(flags.pythonBackend) : undefined;
  return {
    create: () => [
      ...(backend && tokenizer ? [createBrowserTool({ backend, tokenizer })] : []),
      ...(python ? [python.open(randomUUID())] : []),
    ],
    close: async () => {
      await python?.close();
      await backend?.close?.();
    },
  };
}
