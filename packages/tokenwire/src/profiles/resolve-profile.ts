// From a name to a profile: a model folder, a GGUF file, a profile file, a model of a hub, or a built-in one.

import { stat } from "node:fs/promises";
import { isAbsolute, join } from "node:path";
import { TokenwireError } from "@tokenwire/core";
import { profileFromFolder } from "./folder.ts";
import { profileFromGguf } from "./gguf.ts";
import { createHarmonyProfile } from "./harmony.ts";
import { fetchModelFolder, type HubOptions, isHubName } from "./hub.ts";
import { profileFromFile } from "./profile-file.ts";
import { Derivations, type ResolvedProfile } from "./resolved-profile.ts";

export interface ResolveProfileOptions {
  /** The name clients use. Default: what the files say, else the name given. */
  readonly id?: string;
  /** How to reach the hub, for names of the form `organisation/model`. */
  readonly hub?: HubOptions;
}

/** Models that need no files: the harmony format and its vocabulary are built in. */
const builtIn = /^(?:openai\/)?gpt-oss(?:-\d+b)?$/;
const gptOssContext = 131_072;
const deepestProfile = 8;

/**
 * The profile of a model.
 *
 * `name` is a model folder, a `.gguf` file, a profile file (`.json`), `organisation/model` or
 * `organisation/model@revision` of a hub, or `gpt-oss-20b` and its kin. Paths win over names.
 *
 * @throws TokenwireError MODEL_NOT_FOUND, INVALID_PROFILE, UNSUPPORTED_TOKENIZER, INVALID_GGUF, DOWNLOAD_FAILED
 * @example
 * const profile = await resolveProfile("./Qwen3-8B");
 * profile.toolParser;   // "hermes"
 */
export function resolveProfile(name: string, options: ResolveProfileOptions = {}): Promise<ResolvedProfile> {
  return resolveIn(name, ".", options, 0);
}

async function resolveIn(
  name: string,
  folder: string,
  options: ResolveProfileOptions,
  depth: number,
): Promise<ResolvedProfile> {
  if (depth > deepestProfile) {
    throw new TokenwireError(
      "INVALID_PROFILE",
      `Profile files refer to each other more than ${deepestProfile} times.`,
    );
  }
  const path = isAbsolute(name) ? name : join(folder, name);
  const found = await stat(path).catch(() => undefined);
  const id = options.id === undefined ? {} : { id: options.id };
  if (found?.isDirectory() === true) return profileFromFolder(path, id);
  if (found !== undefined && path.endsWith(".gguf")) return profileFromGguf(path, id);
  if (found !== undefined && path.endsWith(".json")) {
    const profile = await profileFromFile(path, (model, base) =>
      resolveIn(model, base, { ...options }, depth + 1),
    );
    return { ...profile, ...id };
  }
  if (found !== undefined) throw unknownModel(name, "It is a file, but neither .gguf nor .json.");
  if (builtIn.test(name)) return builtInProfile(options.id ?? name.replace(/^openai\//, ""));
  return fromHub(name, options);
}

function builtInProfile(id: string): ResolvedProfile {
  const derivations = new Derivations();
  derivations.note("format", "harmony", "built in");
  derivations.note("tokenizer", "o200k_harmony", "built in");
  const contextLength = derivations.note("context length", gptOssContext, "built in");
  const profile = createHarmonyProfile({ id, contextLength, ownedBy: "openai" });
  return {
    ...profile,
    source: "built in",
    derivations: derivations.list,
    templates: new Map(),
    templateSources: new Map(),
  };
}

async function fromHub(name: string, options: ResolveProfileOptions): Promise<ResolvedProfile> {
  const [model = "", revision] = name.replace(/^hf:/, "").split("@");
  if (!isHubName(model)) throw unknownModel(name, "No file or folder has this name.");
  const folder = await fetchModelFolder(model, {
    ...options.hub,
    ...(revision !== undefined && { revision }),
  });
  return profileFromFolder(folder, { id: options.id ?? model, ownedBy: model.split("/")[0] ?? model });
}

function unknownModel(name: string, reason: string): TokenwireError {
  return new TokenwireError(
    "MODEL_NOT_FOUND",
    `Cannot resolve the model ${JSON.stringify(name)}. ${reason} Accepted: a model folder, a .gguf file, a profile file (.json), organisation/model, or gpt-oss-20b and its kin.`,
  );
}
