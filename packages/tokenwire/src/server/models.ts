// The models a server offers, by name.

import { TokenwireError } from "@tokenwire/core";
import { createOutputParser } from "@tokenwire/core/parsers";
import { type BalanceStatistics, type Engine, type EngineInfo, isBalancedEngine } from "../engines/index.ts";
import { createHarmonyProfile } from "../profiles/index.ts";
import { type ModelProfile, modelNotFound, renderPrompt, unixSeconds } from "../protocol/index.ts";
import type { ModelOptions } from "./options.ts";

export interface ServedModel {
  readonly id: string;
  readonly engine: Engine;
  readonly info: EngineInfo;
  readonly profile: ModelProfile;
  readonly created: number;
  /** Identifies the configuration that answered; equal for equal model and engine. */
  readonly fingerprint: string;
}

export class ModelRegistry {
  readonly #models: readonly ServedModel[];
  readonly #byName: ReadonlyMap<string, ServedModel>;
  readonly #acceptAny: boolean;

  constructor(models: readonly ServedModel[], names: ReadonlyMap<string, ServedModel>, acceptAny: boolean) {
    this.#models = models;
    this.#byName = names;
    this.#acceptAny = acceptAny;
  }

  list(): readonly ServedModel[] {
    return this.#models;
  }

  /** How requests are spread, for the models that several engines serve. */
  balance(): ReadonlyMap<string, BalanceStatistics> {
    const balance = new Map<string, BalanceStatistics>();
    for (const { id, engine } of this.#models) {
      if (isBalancedEngine(engine)) balance.set(id, engine.statistics());
    }
    return balance;
  }

  /** The model of this name or alias. Raises 404 `model_not_found`. */
  resolve(name: string): ServedModel {
    const model = this.#byName.get(name) ?? (this.#acceptAny ? this.#models[0] : undefined);
    if (model === undefined) {
      throw modelNotFound(
        name,
        this.#models.map(({ id }) => id),
      );
    }
    return model;
  }
}

function fingerprintOf(text: string): string {
  let hash = 0x811c9dc5;
  for (let i = 0; i < text.length; i++) hash = Math.imul(hash ^ text.charCodeAt(i), 0x01000193);
  return `fp_${(hash >>> 0).toString(16).padStart(8, "0")}`;
}

/** A model with everything requests need to know about it. */
export function describeModel(engine: Engine, info: EngineInfo, profile: ModelProfile): ServedModel {
  return {
    id: profile.id,
    engine,
    info,
    profile,
    created: unixSeconds(),
    fingerprint: fingerprintOf(`${info.engine} ${info.version ?? ""} ${profile.id}`),
  };
}

/** Makes the parsers of a profile once: an unknown name stops the start, and the error lists those that exist. */
function checkParsers({ format, toolParser, reasoningParser, tokenizer }: ModelProfile): void {
  if (format.kind !== "template") return;
  createOutputParser({ tool: toolParser, reasoning: reasoningParser, tokenizer });
}

/** Does what a first request would have to wait for: vocabularies, patterns and renderers are built on first use. */
function warmUp(profile: ModelProfile): void {
  const { tokenizer } = profile;
  tokenizer.decode(tokenizer.encodeOrdinary("The quick brown fox, 12 dogs.\n"));
  if (profile.format.kind !== "harmony") return;
  const prompt = renderPrompt(profile, {
    messages: [{ role: "user", content: "Hello" }],
    tools: [],
    toolChoice: { mode: "none" },
    parallelToolCalls: true,
    responseFormat: { type: "text" },
    field: "messages",
  });
  tokenizer.decode(prompt.tokenIds);
}

/** Asks every engine about its model. Raises when two models have the same name or an engine cannot be reached. */
export async function loadModels(
  options: readonly ModelOptions[],
  acceptAny: boolean,
): Promise<ModelRegistry> {
  if (options.length === 0)
    throw new TokenwireError("INVALID_ARGUMENT", "A server needs at least one model.");
  const names = new Map<string, ServedModel>();
  const models: ServedModel[] = [];
  for (const { engine, profile: given, aliases } of options) {
    const info = await engine.info();
    const profile = given ?? createHarmonyProfile({ id: info.model, contextLength: info.maxContext });
    const model = describeModel(engine, info, profile);
    checkParsers(profile);
    warmUp(profile);
    models.push(model);
    for (const name of new Set([profile.id, ...(aliases ?? [])])) {
      if (names.has(name))
        throw new TokenwireError("INVALID_ARGUMENT", `Two models are named ${JSON.stringify(name)}.`);
      names.set(name, model);
    }
  }
  return new ModelRegistry(models, names, acceptAny);
}
