// `tokenwire maps policies-…`: safety-policy descriptors, from what an operator has to what may be published.

import { writeFile } from "node:fs/promises";
import { Command } from "commander";
import { printJson, UsageError } from "../output.ts";
import { hashOf, readBytes, readJson, readMap } from "./files.ts";

export function policiesValidateCommand(): Command {
  return new Command("policies-validate")
    .description("Check a safety policy")
    .argument("<file>", "policy file; - reads standard input")
    .addHelpText("after", "\nExamples:\n  $ tokenwire maps policies-validate policy.json")
    .action(async (file: string) => {
      const { lintSafetyPolicy, parseSafetyPolicy } = await import("@tokenwire/core/codec");
      const policy = parseSafetyPolicy(await readBytes(file));
      const notes = lintSafetyPolicy(policy);
      process.stdout.write(`${policy.id}: valid\n${notes.map((note) => `note: ${note}\n`).join("")}`);
    });
}

export function policiesSanitizeCommand(): Command {
  return new Command("policies-sanitize")
    .description("Make a publishable policy of an internal one")
    .requiredOption("--internal <file>", "internal policy")
    .requiredOption("--out <file>", "where to write the publishable one")
    .addHelpText(
      "after",
      "\nExamples:\n  $ tokenwire maps policies-sanitize --internal internal.json --out policy.json",
    )
    .action(async (flags: { internal: string; out: string }) => {
      const { safetyPolicyCanonicalBytes, sanitizeSafetyPolicy } = await import("@tokenwire/core/codec");
      const internal = await readJson(flags.internal);
      if (typeof internal !== "object" || internal === null)
        throw new UsageError(`${flags.internal} is not a JSON object.`);
      const { descriptor, dropped } = sanitizeSafetyPolicy(internal as Record<string, unknown>);
      await writeFile(flags.out, safetyPolicyCanonicalBytes(descriptor));
      for (const path of dropped) process.stdout.write(`dropped ${path}\n`);
      process.stdout.write(`wrote ${flags.out}\n`);
    });
}

export function policiesHashCommand(): Command {
  return new Command("policies-hash")
    .description("Print the hashes of a policy: of the file, and of its canonical form")
    .argument("<file>", "policy file; - reads standard input")
    .option("--json", "print them as JSON")
    .addHelpText("after", "\nExamples:\n  $ tokenwire maps policies-hash policy.json")
    .action(async (file: string, flags: { json?: boolean }) => {
      const { hashSafetyPolicy, parseSafetyPolicy } = await import("@tokenwire/core/codec");
      const bytes = await readBytes(file);
      const raw = hashOf(bytes);
      const canonical = await hashSafetyPolicy(parseSafetyPolicy(bytes));
      if (flags.json) printJson({ raw, canonical, equal: raw === canonical });
      else process.stdout.write(`raw: ${raw}\ncanonical: ${canonical}\n`);
      if (raw !== canonical)
        process.stderr.write("warning: the file is not in canonical form; publish the canonical bytes.\n");
    });
}

/** Spellings of a literal, in the order in which they are listed. */
function variantsOf(literal: string): Map<string, string> {
  const trimmed = literal.trim();
  const variants = [
    ["verbatim", literal],
    ["leading-space", ` ${literal}`],
    ["leading-newline", `\n${literal}`],
    ["lowercase", literal.toLowerCase()],
    [
      "titlecase",
      literal.replace(/\p{L}+/gu, (word) => word[0]!.toUpperCase() + word.slice(1).toLowerCase()),
    ],
    ["uppercase", literal.toUpperCase()],
    ["trimmed", trimmed],
  ] as const;
  const unique = new Map<string, string>();
  for (const [name, text] of variants) if (![...unique.values()].includes(text)) unique.set(name, text);
  return unique;
}

async function enumerate(flags: { map: string; literals: string; out?: string }): Promise<void> {
  const { hashMap, tokenize } = await import("@tokenwire/core/codec");
  let literals: unknown;
  try {
    literals = JSON.parse(flags.literals);
  } catch {
    throw new UsageError("--literals must be a JSON array of strings.");
  }
  if (!Array.isArray(literals) || literals.some((entry) => typeof entry !== "string")) {
    throw new UsageError("--literals must be a JSON array of strings.");
  }
  const map = await readMap(flags.map);
  const result = {
    tokenizer_map_id: map.id,
    tokenizer_map_hash: hashMap(map),
    enumerated_at: new Date().toISOString(),
    variant_set: [
      "verbatim",
      "leading-space",
      "leading-newline",
      "lowercase",
      "titlecase",
      "uppercase",
      "trimmed",
    ],
    patterns: (literals as string[]).map((literal) => {
      const variants = variantsOf(literal);
      const tokenizations = new Map<string, { variant: string; ids: number[] }>();
      for (const [variant, text] of variants) {
        const ids = tokenize(map, text);
        if (!tokenizations.has(ids.join())) tokenizations.set(ids.join(), { variant, ids });
      }
      return {
        literal,
        variants_enumerated: variants.size,
        tokenizations_unique: tokenizations.size,
        tokenizations: [...tokenizations.values()],
      };
    }),
  };
  if (flags.out === undefined) printJson(result);
  else await writeFile(flags.out, `${JSON.stringify(result, null, 2)}\n`);
}

export function policiesEnumerateCommand(): Command {
  return new Command("policies-enumerate")
    .description("List the ID sequences that spell some literals")
    .requiredOption("--map <file>", "map file")
    .requiredOption("--literals <json>", "JSON array of strings")
    .option("--out <file>", "where to write; default: standard output")
    .addHelpText(
      "after",
      `\nExamples:\n  $ tokenwire maps policies-enumerate --map map.json --literals '["secret"]'`,
    )
    .action((flags: { map: string; literals: string; out?: string }) => enumerate(flags));
}
