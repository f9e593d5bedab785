// Answers of a scripted engine from a file, for trying out clients and tools without a model.

import { readFile } from "node:fs/promises";
import type { Tokenizer } from "@tokenwire/core/tokenizer";
import { z } from "zod";
import type { EngineOptions, ScriptStep } from "../engines/index.ts";
import { UsageError } from "./output.ts";

const count = z.number().int().min(0);
const turn = z.strictObject({
  /** Output with its control tokens, such as `<|channel|>final<|message|>Hi<|return|>`, or token ids. */
  emit: z.union([z.string(), z.array(count)]),
  /** Which request it answers, from 1. Default: its place in the list. */
  call: count.min(1).optional(),
  /** Milliseconds before the first token. */
  delayMs: count.optional(),
  /** Milliseconds before each token. */
  tokenMs: count.optional(),
});
const file = z.strictObject({ turns: z.array(turn).min(1) });

/** Reads `{ "turns": [{ "emit": "…" }] }`. */
export async function readScriptFile(path: string, tokenizer: Tokenizer): Promise<EngineOptions> {
  let value: unknown;
  try {
    value = JSON.parse(await readFile(path, "utf8"));
  } catch (error) {
    throw new UsageError(`Cannot read the script ${path}: ${(error as Error).message}`);
  }
  const parsed = file.safeParse(value);
  if (!parsed.success) throw new UsageError(`${path}: ${z.prettifyError(parsed.error)}`);
  const scripts = parsed.data.turns.map(({ emit, call, delayMs = 0, tokenMs = 0 }, index) => {
    const ids = typeof emit === "string" ? [...tokenizer.encode(emit, { allowedSpecial: "all" })] : emit;
    const steps: ScriptStep[] =
      tokenMs === 0 ? [{ tokens: ids }] : ids.flatMap((id) => [{ waitMs: tokenMs }, { tokens: [id] }]);
    return {
      match: { call: call ?? index + 1 },
      steps: delayMs > 0 ? [{ waitMs: delayMs }, ...steps] : steps,
    };
  });
  return { kind: "scripted", scripts };
}
