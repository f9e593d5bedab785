// Published scores of the gpt-oss models, to see whether a run is plausible. Sources: the vLLM recipes page for gpt-oss
// and PyTorch's CI, both with the same eval code; as of August 2026.

type Effort = "low" | "medium" | "high";

export interface PublishedScore {
  readonly source: string;
  readonly model: string;
  readonly eval: string;
  readonly scores: Readonly<Record<Effort, number>>;
}

const efforts = (low: number, medium: number, high: number): Record<Effort, number> => ({
  low,
  medium,
  high,
});
const recipes = "vLLM recipes";
const pytorch = "PyTorch CI, H100";

export const publishedScores: readonly PublishedScore[] = [
  { source: recipes, model: "gpt-oss-120b", eval: "gpqa", scores: efforts(0.653, 0.724, 0.794) },
  { source: recipes, model: "gpt-oss-120b", eval: "aime25", scores: efforts(0.512, 0.796, 0.93) },
  { source: recipes, model: "gpt-oss-20b", eval: "gpqa", scores: efforts(0.568, 0.675, 0.709) },
  { source: recipes, model: "gpt-oss-20b", eval: "aime25", scores: efforts(0.388, 0.75, 0.858) },
  { source: pytorch, model: "gpt-oss-20b", eval: "gpqa", scores: efforts(0.58, 0.67, 0.735) },
  { source: pytorch, model: "gpt-oss-20b", eval: "aime25", scores: efforts(0.342, 0.737, 0.842) },
];

export interface ScoreCheck {
  readonly source: string;
  readonly published: number;
  /** Within three standard errors plus one point. */
  readonly consistent: boolean;
}

/** Compares a score with every published one for the model, eval and effort. */
export function checkScore(
  run: { readonly model: string; readonly eval: string; readonly effort: string },
  score: number,
  standardError: number,
): ScoreCheck[] {
  return publishedScores
    .filter((entry) => run.model.toLowerCase().includes(entry.model) && entry.eval === run.eval)
    .flatMap(({ source, scores }) => {
      const published = (scores as Readonly<Record<string, number>>)[run.effort];
      if (published === undefined) return [];
      return [{ source, published, consistent: Math.abs(score - published) <= 3 * standardError + 0.01 }];
    });
}
