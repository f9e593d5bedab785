// A profile file: a JSON object that names a model and what to do differently from what its files say.

import { readFile } from "node:fs/promises";
import { dirname, resolve } from "node:path";
import { compileTemplate, detectArgumentsFormat, detectContentFormat } from "@tokenwire/core/template";
import { z } from "zod";
import type { SamplingParameters } from "../protocol/index.ts";
import { invalidProfile } from "./profile-error.ts";
import type { Derivation, ResolvedProfile } from "./resolved-profile.ts";

const sampling = z.strictObject({
  temperature: z.number().min(0).max(2).optional(),
  topP: z.number().gt(0).max(1).optional(),
  topK: z.int().min(0).optional(),
  minP: z.number().min(0).max(1).optional(),
  repetitionPenalty: z.number().gt(0).max(2).optional(),
  frequencyPenalty: z.number().min(-2).max(2).optional(),
  presencePenalty: z.number().min(-2).max(2).optional(),
  maxTokens: z.int().min(1).optional(),
});

const fileSchema = z.strictObject({
  $schema: z.string().optional(),
  /** The model this profile changes: a folder or file relative to this one, or a name. */
  model: z.string().min(1),
  id: z.string().min(1).optional(),
  ownedBy: z.string().min(1).optional(),
  /** A template file, relative to this one. */
  chatTemplate: z.string().min(1).optional(),
  toolParser: z.string().min(1).nullable().optional(),
  reasoningParser: z.string().min(1).nullable().optional(),
  contextLength: z.int().min(1).optional(),
  /** Token texts or IDs; they replace the ones that were found. */
  stopTokens: z.array(z.union([z.int().min(0), z.string().min(1)])).optional(),
  defaultSampling: sampling.optional(),
});

type ProfileFile = z.infer<typeof fileSchema>;

/**
 * Reads a profile file and applies it to the profile of the model that it names.
 *
 * @param resolveModel resolves what `model` says, with the folder of the profile file
 * @throws TokenwireError INVALID_PROFILE naming the field
 */
export async function profileFromFile(
  path: string,
  resolveModel: (model: string, folder: string) => Promise<ResolvedProfile>,
): Promise<ResolvedProfile> {
  const file = parseFile(path, await readFile(path, "utf8"));
  const folder = dirname(resolve(path));
  const base = await resolveModel(file.model, folder);
  const changed: Derivation[] = [];
  const set = <T>(part: string, value: T, shown = String(value)): T => {
    changed.push({ part, value: shown, from: path });
    return value;
  };
  const withTemplate =
    file.chatTemplate === undefined ? base : await replaceTemplate(base, folder, file.chatTemplate, set);
  const { toolParser, reasoningParser, ...rest } = withTemplate;
  const tool = choose(file.toolParser, toolParser, "tool parser", set);
  const reasoning = choose(file.reasoningParser, reasoningParser, "reasoning parser", set);
  return {
    ...rest,
    ...(tool !== undefined && { toolParser: tool }),
    ...(reasoning !== undefined && { reasoningParser: reasoning }),
    ...(file.id !== undefined && { id: set("id", file.id) }),
    ...(file.ownedBy !== undefined && { ownedBy: set("owner", file.ownedBy) }),
    ...(file.contextLength !== undefined && { contextLength: set("context length", file.contextLength) }),
    ...(file.stopTokens && {
      stopTokenIds: set("stop tokens", stopIds(file, base, path), file.stopTokens.join(" ")),
    }),
    ...(file.defaultSampling && { defaultSampling: mergeSampling(base, file, set) }),
    derivations: [
      ...base.derivations.filter(({ part }) => !changed.some((entry) => entry.part === part)),
      ...changed,
    ],
  };
}

type Note = <T>(part: string, value: T, shown?: string) => T;

function parseFile(path: string, text: string): ProfileFile {
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch (cause) {
    throw invalidProfile(path, "is not JSON.", cause);
  }
  const parsed = fileSchema.safeParse(json);
  if (parsed.success) return parsed.data;
  const [issue] = parsed.error.issues;
  throw invalidProfile(path, `${issue?.path.join(".") || "the file"}: ${issue?.message}.`, parsed.error);
}

/** `null` in the file means: none. */
function choose(
  wanted: string | null | undefined,
  found: string | undefined,
  part: string,
  set: Note,
): string | undefined {
  if (wanted === undefined) return found;
  return set(part, wanted ?? undefined, wanted ?? "none");
}

async function replaceTemplate(
  base: ResolvedProfile,
  folder: string,
  file: string,
  set: Note,
): Promise<ResolvedProfile> {
  const path = resolve(folder, file);
  const source = await readFile(path, "utf8");
  const template = set(
    "chat template",
    compileTemplate(source),
    `default, ${source.length} characters, ${path}`,
  );
  const specialTokens = base.format.kind === "template" ? base.format.specialTokens : {};
  return {
    ...base,
    format: {
      kind: "template",
      template,
      specialTokens,
      contentFormat: detectContentFormat(template),
      argumentsFormat: detectArgumentsFormat(template),
    },
    templates: new Map([...base.templates, ["default", template]]),
    templateSources: new Map([...base.templateSources, ["default", source]]),
  };
}

function stopIds(file: ProfileFile, base: ResolvedProfile, path: string): number[] {
  return (file.stopTokens ?? []).map((stop) => {
    const id = typeof stop === "number" ? stop : base.tokenizer.specialTokens.get(stop);
    if (id === undefined || id >= base.tokenizer.vocabSize) {
      throw invalidProfile(path, `stopTokens: ${JSON.stringify(stop)} is not a special token of ${base.id}.`);
    }
    return id;
  });
}

function mergeSampling(base: ResolvedProfile, file: ProfileFile, set: Note): Partial<SamplingParameters> {
  const merged: Record<string, number> = {};
  for (const [name, value] of Object.entries({ ...base.defaultSampling, ...file.defaultSampling })) {
    if (typeof value === "number") merged[name] = value;
  }
  return set("default sampling", merged as Partial<SamplingParameters>, JSON.stringify(file.defaultSampling));
}
