// HealthBench: answers to health conversations, graded item by item against rubrics by another model.

import { createHash } from "node:crypto";
import { TokenwireError } from "@tokenwire/core";
import { dumps, type JsonObject, type JsonValue, toPlain } from "@tokenwire/core/json";
import { graderPrompt } from "./grader-prompt.ts";
import { readJsonLines } from "./json-lines.ts";
import { PythonRandom } from "./python-random.ts";
import type { EvalDefinition, EvalItem, EvalMessage, Grade, SampledAnswer, Sampler } from "./types.ts";

const address = "https://openaipublic.blob.core.windows.net/simple-evals/healthbench/";
/** Attempts at a verdict before an item counts as ungraded. */
const maxVerdicts = 8;

export interface RubricItem {
  readonly criterion: string;
  readonly points: number;
  /** The points as the data writes them: `5` or `5.0`. */
  readonly pointsText: string;
  readonly tags: readonly string[];
}

export interface GradedItem extends RubricItem {
  readonly criteriaMet: boolean;
  readonly explanation: string;
}

function define(name: string, file: string, description: string): EvalDefinition {
  return {
    name,
    description,
    sources: [{ url: address + file }],
    defaultRepeats: 1,
    needsGrader: true,
    aggregate: "clipped-mean",
    plan([text = ""], { examples, repeats = 1, seed = 0, grader }) {
      if (grader === undefined)
        throw new TokenwireError("INVALID_ARGUMENT", `${name} needs a grader model; pass one.`);
      const unusable: string[] = [];
      const rows = readJsonLines(text, name).flatMap((row, index) => {
        const example = readExample(row, index);
        if (example.rubrics.some((rubric) => rubric.points > 0)) return [example];
        unusable.push(`${example.id}: no rubric item has positive points`);
        return [];
      });
      const chosen =
        examples === undefined || examples >= rows.length
          ? rows
          : new PythonRandom(seed).sample(rows, examples);
      const items = Array.from({ length: repeats }, (_, repeat) =>
        chosen.map((example) => toItem(example, repeat, grader)),
      );
      return { items: items.flat(), unusable };
    },
  };
}

export const healthbench: EvalDefinition = define(
  "healthbench",
  "2025-05-07-06-14-12_oss_eval.jsonl",
  "HealthBench: 5000 health conversations graded against rubrics",
);
export const healthbenchHard: EvalDefinition = define(
  "healthbench_hard",
  "hard_2025-05-08-21-00-10.jsonl",
  "HealthBench Hard: 1000 of its hardest conversations",
);
export const healthbenchConsensus: EvalDefinition = define(
  "healthbench_consensus",
  "consensus_2025-05-09-20-00-46.jsonl",
  "HealthBench Consensus: 3671 conversations with criteria that physicians agreed on",
);

interface Example {
  readonly id: string;
  readonly prompt: readonly EvalMessage[];
  readonly rubrics: readonly RubricItem[];
  readonly tags: readonly string[];
}

const list = (value: JsonValue | undefined): readonly JsonValue[] => (Array.isArray(value) ? value : []);
const strings = (value: JsonValue | undefined): string[] => list(value).map(String);

function readExample(row: JsonObject, index: number): Example {
  const rubrics = list(row.get("rubrics")).map((value): RubricItem => {
    const rubric = value as JsonObject;
    const points = rubric.get("points") ?? 0;
    return {
      criterion: String(rubric.get("criterion")),
      points: Number(toPlain(points)),
      pointsText: dumps(points),
      tags: strings(rubric.get("tags")),
    };
  });
  return {
    id: String(row.get("prompt_id") ?? `healthbench-${index}`),
    prompt: list(row.get("prompt")).map((message) => toPlain(message) as EvalMessage),
    rubrics,
    tags: strings(row.get("example_tags")),
  };
}

function toItem(example: Example, repeat: number, grader: Sampler): EvalItem {
  return {
    exampleId: example.id,
    repeat,
    messages: example.prompt,
    grade: async (answer, signal) => {
      const conversation = [...example.prompt, { role: "assistant", content: answer.text }]
        .map(({ role, content }) => `${role}: ${content}`)
        .join("\n\n");
      const graded = await Promise.all(
        example.rubrics.map((rubric) => gradeItem(rubric, conversation, grader, signal)),
      );
      return toGrade(example, graded, answer);
    },
  };
}

async function gradeItem(
  rubric: RubricItem,
  conversation: string,
  grader: Sampler,
  signal: AbortSignal | undefined,
): Promise<GradedItem> {
  const content = graderPrompt(conversation, `[${rubric.pointsText}] ${rubric.criterion}`);
  for (let attempt = 0; attempt < maxVerdicts; attempt += 1) {
    const verdict = parseVerdict((await grader([{ role: "user", content }], signal)).text);
    const { criteria_met: met, explanation } = verdict;
    if (typeof met !== "boolean") continue;
    return { ...rubric, criteriaMet: met, explanation: String(explanation ?? "No explanation provided") };
  }
  throw new Error(`The grader gave no boolean "criteria_met" in ${maxVerdicts} attempts.`);
}

/** The JSON of a grader's answer, with or without a Markdown fence; `{}` when it is none. */
export function parseVerdict(text: string): Readonly<Record<string, unknown>> {
  const json = text
    .trim()
    .replace(/^```json\s*/, "")
    .replace(/\s*```$/, "");
  try {
    const value: unknown = JSON.parse(json);
    return typeof value === "object" && value !== null && !Array.isArray(value) ? { ...value } : {};
  } catch {
    return {};
  }
}

/** Points of the items met over all positive points; null when no item has positive points. */
export function rubricScore(items: readonly Pick<GradedItem, "points" | "criteriaMet">[]): number | null {
  const possible = items.reduce((sum, { points }) => sum + Math.max(0, points), 0);
  if (possible === 0) return null;
  return items.reduce((sum, { points, criteriaMet }) => sum + (criteriaMet ? points : 0), 0) / possible;
}

/** Metrics, explanation and record of a graded answer. */
export function toGrade(
  { id, prompt, tags }: Omit<Example, "rubrics">,
  graded: readonly GradedItem[],
  { text, usage }: Pick<SampledAnswer, "text" | "usage">,
): Grade {
  const score = rubricScore(graded);
  const metrics = new Map<string, number>();
  if (score !== null) for (const name of ["overall_score", ...tags]) metrics.set(name, score);
  for (const tag of new Set(graded.flatMap((item) => item.tags))) {
    const tagScore = rubricScore(graded.filter((item) => item.tags.includes(tag)));
    if (tagScore !== null) metrics.set(tag, tagScore);
  }
  const sorted = [...graded].sort((a, b) => Number(a.criteriaMet) - Number(b.criteriaMet));
  const lines = sorted.map(
    (item) =>
      `[${item.criteriaMet ? "True" : "False"}] [${item.pointsText}] ${item.criterion}\n\tExplanation: ${item.explanation}`,
  );
  return {
    score,
    metrics: Object.fromEntries(metrics),
    explanation: `\n\n${lines.join("\n\n")}`,
    metadata: {
      score,
      usage: {
        input_tokens: usage.inputTokens,
        input_cached_tokens: usage.cachedTokens,
        output_tokens: usage.outputTokens,
        output_reasoning_tokens: usage.reasoningTokens,
        total_tokens: (usage.inputTokens ?? 0) + (usage.outputTokens ?? 0),
      },
      rubric_items: graded.map(({ criterion, points, tags: own, criteriaMet, explanation }) => ({
        criterion,
        points,
        tags: own,
        criteria_met: criteriaMet,
        explanation,
      })),
      prompt,
      completion: [{ role: "assistant", content: text }],
      prompt_id: id,
      completion_id: createHash("sha256")
        .update(id + text)
        .digest("hex"),
    },
  };
}
