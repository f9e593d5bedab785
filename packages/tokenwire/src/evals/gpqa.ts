// GPQA Diamond: 198 multiple-choice questions, choices shuffled as the published eval shuffles them.

import { TokenwireError } from "@tokenwire/core";
import { parse } from "csv-parse/sync";
import { extractChoice, extractChoiceStrictly } from "./choice-answer.ts";
import { PythonRandom } from "./python-random.ts";
import type { EvalDefinition, EvalItem, Grade } from "./types.ts";

const columns = [
  "Question",
  "Correct Answer",
  "Incorrect Answer 1",
  "Incorrect Answer 2",
  "Incorrect Answer 3",
];
const letters = ["A", "B", "C", "D"];
/** In a trial run the published eval asks this one question only. */
const debugQuestion = "ESPRESSO spectrograph, please";

export const gpqa: EvalDefinition = {
  name: "gpqa",
  description: "GPQA Diamond: 198 multiple-choice science questions",
  sources: [{ url: "https://openaipublic.blob.core.windows.net/simple-evals/gpqa_diamond.csv" }],
  defaultRepeats: 8,
  plan([text = ""], { examples, repeats = 8, seed = 0, debug = false }) {
    const random = new PythonRandom(seed);
    const rows = readRows(text).filter(({ question }) => !debug || question.includes(debugQuestion));
    const chosen = examples === undefined ? rows : random.sample(rows, Math.min(examples, rows.length));
    // One permutation per entry of the repeated list, in order: the draws depend on it.
    const items = Array.from({ length: chosen.length * repeats }, (_, index) => {
      const row = chosen[index % chosen.length]!;
      return toItem(row, Math.floor(index / chosen.length), random.permutation(letters.length));
    });
    return { items, unusable: [] };
  },
};

interface Question {
  readonly id: string;
  readonly question: string;
  readonly choices: readonly string[];
}

function readRows(text: string): Question[] {
  const records = parse(text, { columns: true, bom: true, skip_empty_lines: true }) as Record<
    string,
    string
  >[];
  const found = Object.keys(records[0] ?? {});
  const missing = columns.filter((column) => !found.includes(column));
  if (missing.length > 0) {
    throw new TokenwireError(
      "INVALID_DATASET",
      `GPQA file lacks the columns ${missing.join(", ")}; its header has: ${found.join(", ")}.`,
    );
  }
  return records.map((record, index) => ({
    id: `gpqa-${index}`,
    question: record["Question"]!,
    choices: columns.slice(1).map((column) => record[column]!),
  }));
}

function toItem(
  { id, question, choices }: Question,
  repeat: number,
  permutation: readonly number[],
): EvalItem {
  const shown = permutation.map((index) => choices[index]!);
  const correct = letters[shown.indexOf(choices[0]!)]!;
  const listed = letters.map((letter, index) => `(${letter}) ${shown[index]}`).join("\n");
  const content = `${question}\n\n${listed}\n\nExpress your final answer as the corresponding option 'A', 'B', 'C', or 'D'.`;
  return {
    exampleId: id,
    repeat,
    messages: [{ role: "user", content }],
    grade: async ({ text }): Promise<Grade> => {
      const extracted = extractChoice(text);
      const strict = extractChoiceStrictly(text);
      return {
        score: extracted === correct ? 1 : 0,
        metrics: {
          chars: Array.from(text).length,
          strict_score: strict === correct ? 1 : 0,
          extractor_disagreement: strict === extracted ? 0 : 1,
        },
        correctAnswer: correct,
        extractedAnswer: extracted,
      };
    },
  };
}
