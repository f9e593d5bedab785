// `tokenwire inspect`: what tokenwire knows about a model, and where it knows it from.

import { Command } from "commander";
import type { ResolvedProfile } from "../../profiles/index.ts";
import { paint, printable, printJson, UsageError, writeOut } from "../output.ts";

interface InspectFlags {
  readonly json?: boolean;
  readonly template?: string | boolean;
  readonly offline?: boolean;
  readonly refresh?: boolean;
}

const examples = `
Examples:
  $ tokenwire inspect ./Qwen3-8B                a model folder
  $ tokenwire inspect model.gguf                a GGUF file, from its metadata
  $ tokenwire inspect org/model@main            a model of the hub; cached after the first time
  $ tokenwire inspect gpt-oss-20b               a built-in profile
  $ tokenwire inspect ./Qwen3-8B --template     the text of its chat template
  $ tokenwire inspect ./Qwen3-8B --json | jq .stopTokens`;

export function inspectCommand(): Command {
  return new Command("inspect")
    .summary("Show a model's tokenizer, template, formats and limits")
    .description("Show a model's tokenizer, template, formats and limits, and where each was found.")
    .argument("<model>", "model folder, .gguf file, profile file (.json), organisation/model, or gpt-oss-20b")
    .option("--json", "print as JSON")
    .option("--template [name]", "print the text of a chat template (default: the one named default)")
    .option("--offline", "never use the network")
    .option("--refresh", "ask the hub for a newer version")
    .addHelpText("after", examples)
    .action(inspect);
}

async function inspect(model: string, flags: InspectFlags): Promise<void> {
  const { resolveProfile } = await import("../../profiles/index.ts");
  const profile = await resolveProfile(model, {
    hub: {
      ...(flags.offline === true && { offline: true }),
      ...(flags.refresh === true && { refresh: true }),
    },
  });
  if (flags.template !== undefined) return writeOut(templateText(profile, flags.template));
  if (flags.json === true) printJson(toJson(profile));
  else await writeOut(page(profile));
}

function templateText(profile: ResolvedProfile, wanted: string | boolean): string {
  const name = typeof wanted === "string" ? wanted : "default";
  const text = profile.templateSources.get(name);
  if (text !== undefined) return text.endsWith("\n") ? text : `${text}\n`;
  const names = [...profile.templateSources.keys()].join(", ") || "none";
  throw new UsageError(`${profile.id} has no chat template named ${name}. It has: ${names}.`);
}

function toJson(profile: ResolvedProfile): Record<string, unknown> {
  const { format, tokenizer } = profile;
  return {
    id: profile.id,
    source: profile.source,
    ownedBy: profile.ownedBy ?? null,
    contextLength: profile.contextLength,
    tokenizer: {
      name: tokenizer.name,
      vocabSize: tokenizer.vocabSize,
      specialTokens: Object.fromEntries(tokenizer.specialTokens),
    },
    format: format.kind,
    ...(format.kind === "template" && {
      contentFormat: format.contentFormat,
      argumentsFormat: format.argumentsFormat ?? "object",
      specialTokens: format.specialTokens,
    }),
    templates: [...profile.templateSources.keys()],
    toolParser: profile.toolParser ?? null,
    reasoningParser: profile.reasoningParser ?? null,
    stopTokens: profile.stopTokenIds.map((id) => ({ id, text: tokenizer.decode([id]) })),
    bosTokenId: profile.bosTokenId ?? null,
    defaultSampling: profile.defaultSampling ?? {},
    derivations: profile.derivations,
  };
}

const shownMarkers = 24;

function page(profile: ResolvedProfile): string {
  const { tokenizer, format } = profile;
  const lines = [paint("bold", printable(profile.id)), paint("dim", printable(profile.source)), ""];
  const row = (name: string, value: string): void => {
    lines.push(`${name.padEnd(18)} ${printable(value)}`);
  };
  row("Context", `${profile.contextLength.toLocaleString("en-US")} tokens`);
  row(
    "Vocabulary",
    `${tokenizer.vocabSize.toLocaleString("en-US")} IDs, ${tokenizer.specialTokens.size} control tokens`,
  );
  row("Chat format", describeFormat(profile));
  if (format.kind === "template") {
    row("Tool calls", profile.toolParser ?? "left in the text");
    row("Reasoning", profile.reasoningParser ?? "left in the text");
  }
  row(
    "Stops at",
    profile.stopTokenIds.map((id) => `${tokenizer.decode([id])} (${id})`).join("  ") || "nothing",
  );
  row("Sampling", sampling(profile));
  lines.push("", paint("bold", "Where this comes from"));
  for (const { part, value, from } of profile.derivations) {
    lines.push(`  ${printable(`${part}: ${value}`)}`, paint("dim", `      ${printable(from)}`));
  }
  lines.push("", paint("bold", "Control tokens"), ...markerLines(profile), "");
  return lines.join("\n");
}

function describeFormat({ format, templateSources }: ResolvedProfile): string {
  if (format.kind === "harmony") return "harmony";
  if (format.kind === "plain") return "none: completions and embeddings only";
  const names = [...templateSources.keys()].join(", ");
  return `chat template (${names}); content as ${format.contentFormat}, arguments as ${format.argumentsFormat ?? "object"}`;
}

function sampling({ defaultSampling }: ResolvedProfile): string {
  const entries = Object.entries(defaultSampling ?? {});
  return entries.map(([name, value]) => `${name} ${String(value)}`).join("  ") || "no defaults";
}

function markerLines({ tokenizer }: ResolvedProfile): string[] {
  const tokens = [...tokenizer.specialTokens];
  const lines = tokens
    .slice(0, shownMarkers)
    .map(([text, id]) => `  ${String(id).padStart(7)}  ${printable(text)}`);
  if (tokens.length > shownMarkers)
    lines.push(`  … and ${tokens.length - shownMarkers} more (--json lists all)`);
  return lines;
}
