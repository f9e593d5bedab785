// AIME 2025: 30 competition problems with integer answers.

import { extractBoxed, extractBoxedStrictly, normalizeNumber, parsePythonInteger } from "./boxed-answer.ts";
import { plainMember, readJsonLines } from "./json-lines.ts";
import { PythonRandom } from "./python-random.ts";
import type { EvalDefinition, EvalItem, Grade } from "./types.ts";

const address = "https://huggingface.co/datasets/opencompass/AIME2025/raw/main/";

export const aime25: EvalDefinition = {
  name: "aime25",
  description: "AIME 2025 I and II: 30 problems with integer answers",
  sources: [{ url: `${address}aime2025-I.jsonl` }, { url: `${address}aime2025-II.jsonl` }],
  defaultRepeats: 8,
  plan(texts, { examples, repeats = 8, seed = 0 }) {
    const unusable: string[] = [];
    const problems = texts.flatMap((text, file) =>
      readJsonLines(text, `AIME file ${file + 1}`).flatMap((row, index) => {
        const id = `aime25-${file + 1}-${index + 1}`;
        const answer = plainMember(row, "answer");
        const number = typeof answer === "number" ? answer : normalizeNumber(String(answer));
        if (number !== null)
          return [{ id, question: String(plainMember(row, "question")), answer: Number(number) }];
        unusable.push(`${id}: the answer ${JSON.stringify(answer)} has no digits`);
        return [];
      }),
    );
    const chosen =
      examples === undefined
        ? problems
        : new PythonRandom(seed).sample(problems, Math.min(examples, problems.length));
    const items = Array.from({ length: repeats }, (_, repeat) =>
      chosen.map((problem) => toItem(problem, repeat)),
    );
    return { items: items.flat(), unusable };
  },
};

interface Problem {
  readonly id: string;
  readonly question: string;
  readonly answer: number;
}

function toItem({ id, question, answer }: Problem, repeat: number): EvalItem {
  const content = `\n${question}\nPlease reason step by step, and put your final answer within \\boxed{}.\n`;
  return {
    exampleId: id,
    repeat,
    messages: [{ role: "user", content }],
    grade: async ({ text }): Promise<Grade> => {
      const extracted = parsePythonInteger(extractBoxed(text));
      const strict = extractBoxedStrictly(text);
      return {
        score: extracted === answer ? 1 : 0,
        metrics: {
          chars: Array.from(text).length,
          strict_score: strict === answer ? 1 : 0,
          extractor_disagreement: strict === extracted ? 0 : 1,
        },
        correctAnswer: String(answer),
        extractedAnswer: extracted === null ? null : String(extracted),
      };
    },
  };
}
