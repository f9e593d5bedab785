// What a conformance run says: one result per check, with a reason in one line.

export type CheckStatus = "pass" | "fail" | "skip";

export interface CheckResult {
  /** C1 to C20; see docs/4-internals/engine-contract.md. */
  readonly id: string;
  readonly title: string;
  readonly status: CheckStatus;
  /** Why it failed or was skipped, or what was seen. */
  readonly detail: string;
  readonly milliseconds: number;
}

export interface ConformanceReport {
  readonly engine: string;
  readonly model: string;
  readonly results: readonly CheckResult[];
  readonly passed: number;
  readonly failed: number;
  readonly skipped: number;
}

/** Raised inside a check to say that the engine does not offer what it needs. */
export class Skip extends Error {}

/** Raised inside a check for something that does not hold. */
export class Violation extends Error {}

/** Raises a violation unless the condition holds. */
export function must(condition: boolean, message: string): asserts condition {
  if (!condition) throw new Violation(message);
}

/** Ends the check as skipped unless the condition holds. */
export function need(condition: boolean, reason: string): asserts condition {
  if (!condition) throw new Skip(reason);
}
