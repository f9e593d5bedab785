// The shape of a check.

import type { CheckContext } from "./context.ts";

export interface Check {
  readonly id: string;
  readonly title: string;
  /** Resolves with what was seen; raises `Violation` or `Skip`. */
  run(context: CheckContext): Promise<string>;
}
