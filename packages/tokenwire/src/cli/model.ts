// The engine and the model that a command works with, from what the user wrote.

import type { BalancePolicy, Engine } from "../engines/index.ts";
import type { ModelProfile } from "../protocol/index.ts";
import type { ServedModel } from "../server/index.ts";

export interface ModelChoice {
  /** `embedded`, another kind, or a URL. */
  readonly engine: string;
  /** Folder or GGUF file with tokenizer and chat template. */
  readonly profile?: string | undefined;
  /** The name to give the model. */
  readonly name?: string | undefined;
  /** Prompt and answer together, in tokens, where that is less than the model's. */
  readonly contextLength?: number | undefined;
  /** Which of several engines gets a request. */
  readonly policy?: BalancePolicy | undefined;
  readonly pinFallback?: boolean | undefined;
}

export interface OpenModel {
  readonly engine: Engine;
  readonly profile: ModelProfile;
}

/** `embedded`, or `embedded:FILE` for another model file. */
const embedded = /^(embedded|toy)(?::(.+))?$/;

/** `scripted:FILE`: answers from a file. */
const scripted = /^scripted:(.+)$/;

/** `node-llama-cpp:FILE`: the file also says what the model speaks. */
const llamaCpp = /^(?:node-llama-cpp|llamacpp):(.+)$/;

/** A bare GGUF file, as the engine or as the name of the model, is for llama.cpp. */
function withModelFile(choice: ModelChoice): ModelChoice {
  const isFile = (text: string | undefined): boolean => text !== undefined && /\.gguf$/i.test(text);
  if (isFile(choice.engine) && !choice.engine.includes(":")) {
    return { ...choice, engine: `node-llama-cpp:${choice.engine}` };
  }
  if (choice.engine !== "embedded" || !isFile(choice.name)) return choice;
  return { ...choice, engine: `node-llama-cpp:${choice.name}`, name: undefined };
}

/** Opens the engine and finds out what its model speaks. Harmony is assumed where no profile is given. */
export async function openModel(choice: ModelChoice): Promise<OpenModel> {
  const { engine: spec, profile: given, name, policy, pinFallback } = withModelFile(choice);
  const folder = given ?? llamaCpp.exec(spec)?.[1];
  const { createEngine } = await import("../engines/index.ts");
  const { createHarmonyProfile, resolveProfile } = await import("../profiles/index.ts");
  // Of use once the profile is known, which is not before the engine has named its model.
  const tokenizer = { decodeBytes: (ids: ArrayLike<number>) => profile.tokenizer.decodeBytes(ids) };
  // Without an engine only the profile says how much the model takes.
  const unlimited = spec === "render-only" && folder !== undefined;
  const engine = createEngine(await engineOptions(spec), {
    tokenizer,
    ...(policy && { policy }),
    ...(pinFallback && { pinFallback }),
    ...(unlimited && { maxContext: Number.MAX_SAFE_INTEGER }),
  });
  const info = await engine.info();
  const profile: ModelProfile =
    folder === undefined
      ? createHarmonyProfile({ id: name ?? info.model, contextLength: info.maxContext })
      : await resolveProfile(folder);
  const contextLength = Math.min(profile.contextLength, choice.contextLength ?? profile.contextLength);
  return { engine, profile: { ...profile, contextLength, ...(name !== undefined && { id: name }) } };
}

/** The embedded engine is given the vocabulary of its ids, for words outside its own small table. */
async function engineOptions(
  spec: string,
): Promise<Parameters<typeof import("../engines/index.ts").createEngine>[0]> {
  const match = embedded.exec(spec);
  const script = scripted.exec(spec)?.[1];
  if (!match && script === undefined) return spec;
  const { getEncoding } = await import("@tokenwire/encodings");
  const tokenizer = getEncoding("o200k_harmony");
  if (!match) return (await import("./script-file.ts")).readScriptFile(script!, tokenizer);
  return { kind: "embedded", tokenizer, ...(match[2] !== undefined && { path: match[2] }) };
}

/** The same as a server would hold it. */
export async function openServedModel(choice: ModelChoice): Promise<ServedModel> {
  const { engine, profile } = await openModel(choice);
  const { describeModel } = await import("../server/index.ts");
  return describeModel(engine, await engine.info(), profile);
}
