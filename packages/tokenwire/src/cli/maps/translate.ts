// `tokenwire maps translate | translation-table`: from one vocabulary to another.

import { writeFile } from "node:fs/promises";
import { Command } from "commander";
import { printable, UsageError } from "../output.ts";
import { printFacts, readMap } from "./files.ts";

interface TranslateFlags {
  readonly from: string;
  readonly to: string;
  readonly text?: string;
  readonly ids?: string;
  readonly json?: boolean;
}

function parseIds(text: string): number[] {
  const parts = text.split(/[\s,[\]]+/).filter((part) => part !== "");
  const wrong = parts.find((part) => !/^\d+$/.test(part));
  if (wrong !== undefined) throw new UsageError(`--ids: "${wrong}" is not an ID.`);
  return parts.map(Number);
}

async function translateOnce(flags: TranslateFlags): Promise<void> {
  if (flags.text !== undefined && flags.ids !== undefined)
    throw new UsageError("--text and --ids exclude each other.");
  const { detokenize, tokenize, translate } = await import("@tokenwire/core/codec");
  const [from, to] = await Promise.all([readMap(flags.from), readMap(flags.to)]);
  const text = flags.text ?? "Hello, world! This is a Codec tokenizer dialect map.";
  const source = flags.ids === undefined ? tokenize(from, text) : parseIds(flags.ids);
  const target = translate(from, to, source);
  const roundTrip = detokenize(to, target);
  const facts = {
    from: from.id,
    to: to.id,
    source_ids: source,
    target_ids: target,
    round_trip: roundTrip,
    exact: roundTrip === detokenize(from, source),
    ratio: Number((target.length / Math.max(1, source.length)).toFixed(3)),
  };
  const shown = {
    ...facts,
    source_ids: source.join(" "),
    target_ids: target.join(" "),
    round_trip: printable(roundTrip),
  };
  printFacts(flags.json ? facts : shown, flags.json);
}

export function translateCommand(): Command {
  return new Command("translate")
    .description("Translate IDs or a text from one map to another")
    .requiredOption("--from <map>", "map of the source")
    .requiredOption("--to <map>", "map of the target")
    .option("--text <text>", "text to encode with the source map")
    .option("--ids <list>", "source IDs, separated by commas or spaces")
    .option("--json", "print the result as JSON")
    .addHelpText(
      "after",
      "\nExamples:\n  $ tokenwire maps translate --from a.json --to b.json --ids 9906,11,1917",
    )
    .action((flags: TranslateFlags) => translateOnce(flags));
}

export function translationTableCommand(): Command {
  return new Command("translation-table")
    .description("Write what each source ID alone becomes in the target, for analysis")
    .requiredOption("--from <map>", "map of the source")
    .requiredOption("--to <map>", "map of the target")
    .option("--out <file>", "where to write the table; default: facts only")
    .option("--json", "print facts as JSON")
    .addHelpText(
      "after",
      "\nExamples:\n  $ tokenwire maps translation-table --from a.json --to b.json --out table.json",
    )
    .action(async (flags: { from: string; to: string; out?: string; json?: boolean }) => {
      const { staticTranslationTable } = await import("@tokenwire/core/codec");
      const [from, to] = await Promise.all([readMap(flags.from), readMap(flags.to)]);
      const table = staticTranslationTable(from, to);
      if (flags.out !== undefined) await writeFile(flags.out, JSON.stringify(Object.fromEntries(table)));
      const single = [...table.values()].filter((ids) => ids.length === 1).length;
      const entries = Object.keys(from.vocab ?? from.tokens ?? {}).length;
      printFacts(
        {
          from: from.id,
          to: to.id,
          entries: table.size,
          coverage: Number((table.size / entries).toFixed(4)),
          one_to_one: single,
          one_to_many: table.size - single,
        },
        flags.json,
      );
    });
}
