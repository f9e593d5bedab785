// How far an eval is: a line that is rewritten on a terminal, one line at the end elsewhere.

import type { EvalProgress } from "../../evals/index.ts";

export interface ProgressLine {
  update(progress: EvalProgress): void;
  end(): void;
}

const width = 24;

export function createProgress(title: string): ProgressLine {
  const live = process.stderr.isTTY === true;
  let last = "";
  return {
    update: ({ done, total, errors, meanScore }) => {
      const filled = total === 0 ? width : Math.round((width * done) / total);
      const bar = "█".repeat(filled) + "░".repeat(width - filled);
      const mean = meanScore === null ? "" : `  score ${meanScore.toFixed(3)}`;
      const failed = errors > 0 ? `  ${errors} errors` : "";
      last = `${title} ${bar} ${done}/${total}${mean}${failed}`;
      if (live) process.stderr.write(`\r\x1b[2K${last}`);
    },
    end: () => process.stderr.write(live ? "\n" : `${last}\n`),
  };
}
