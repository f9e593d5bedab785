// An eval over the user's own file: JSON Lines of `{"input": "…" | messages, "ideal": "…" | ["…"], "id"?, "match"?}`.

import { TokenwireError } from "@tokenwire/core";
import { extractBoxed } from "./boxed-answer.ts";
import { extractChoice } from "./choice-answer.ts";
import { plainMember, readJsonLines } from "./json-lines.ts";
import { PythonRandom } from "./python-random.ts";
import type { EvalDefinition, EvalItem, EvalMessage } from "./types.ts";

/** How an answer is compared with the ideal ones. */
const matchers: Readonly<Record<string, (answer: string, ideal: string) => boolean>> = {
  exact: (answer, ideal) => answer.trim() === ideal.trim(),
  includes: (answer, ideal) => answer.toLowerCase().includes(ideal.toLowerCase()),
  choice: (answer, ideal) => extractChoice(answer) === ideal.trim().toUpperCase(),
  boxed: (answer, ideal) => extractBoxed(answer) === ideal.trim(),
};

const roles = ["system", "developer", "user", "assistant"];

/** `match` defaults to `includes`. */
export const ownDataset: EvalDefinition = {
  name: "dataset",
  description: "Your own JSON Lines file: input, ideal, and how to match (exact, includes, choice, boxed)",
  sources: [{ url: "" }],
  defaultRepeats: 1,
  plan(texts, { examples, repeats = 1, seed = 0 }) {
    // Numbered through all files, so that rows without an id of their own stay apart.
    const rows = texts
      .flatMap((text) => readJsonLines(text, "dataset"))
      .map((row, index) => readRow(index, (key) => plainMember(row, key)));
    const chosen =
      examples === undefined ? rows : new PythonRandom(seed).sample(rows, Math.min(examples, rows.length));
    const items = Array.from({ length: repeats }, (_, repeat) =>
      chosen.map((row): EvalItem => ({ ...row, repeat })),
    );
    return { items: items.flat(), unusable: [] };
  },
};

function readRow(index: number, member: (key: string) => unknown): Omit<EvalItem, "repeat"> {
  const where = `dataset, row ${index + 1}`;
  const ideal = member("ideal");
  const ideals = (Array.isArray(ideal) ? ideal : [ideal]).map((value) => {
    if (typeof value === "string") return value;
    throw new TokenwireError("INVALID_DATASET", `${where}: "ideal" must be a string or a list of strings.`);
  });
  const name = String(member("match") ?? "includes");
  const matches = Object.hasOwn(matchers, name) ? matchers[name] : undefined;
  if (matches === undefined) {
    throw new TokenwireError(
      "INVALID_DATASET",
      `${where}: unknown match "${name}". Known: ${Object.keys(matchers).join(", ")}.`,
    );
  }
  return {
    exampleId: String(member("id") ?? `row-${index + 1}`),
    messages: readInput(member("input"), where),
    grade: async ({ text }) => ({
      score: ideals.some((value) => matches(text, value)) ? 1 : 0,
      metrics: { chars: Array.from(text).length },
      correctAnswer: ideals.join(" | "),
      extractedAnswer: text,
    }),
  };
}

function readInput(input: unknown, where: string): EvalMessage[] {
  if (typeof input === "string") return [{ role: "user", content: input }];
  const valid =
    Array.isArray(input) &&
    input.every((entry) => roles.includes(entry?.role as string) && typeof entry?.content === "string");
  if (valid) return input as EvalMessage[];
  throw new TokenwireError(
    "INVALID_DATASET",
    `${where}: "input" must be a string or a list of {"role", "content"} messages.`,
  );
}
