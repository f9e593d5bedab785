// Runs the checks of the engine contract over any engine.

import { type Engine, EngineError } from "../engine.ts";
import { cancelChecks } from "./cancel-checks.ts";
import type { Check } from "./check.ts";
import { CheckContext, type ConformanceOptions } from "./context.ts";
import { loadChecks } from "./load-checks.ts";
import { type CheckResult, type CheckStatus, type ConformanceReport, Skip } from "./report.ts";
import { samplingChecks } from "./sampling-checks.ts";
import { streamChecks } from "./stream-checks.ts";

/** Every check, in the order in which they run: first whether the engine is there, then from simple to demanding. */
const checks: readonly Check[] = [...streamChecks, ...samplingChecks, ...cancelChecks, ...loadChecks].sort(
  (a, b) => orderOf(a.id) - orderOf(b.id),
);

function orderOf(id: string): number {
  return id === "C20" ? 0 : Number(id.slice(1));
}

/** The checks there are. */
export function listConformanceChecks(): readonly { readonly id: string; readonly title: string }[] {
  return checks.map(({ id, title }) => ({ id, title }));
}

/**
 * Checks an engine against the contract. A check that fails does not keep the others from running.
 *
 * @throws EngineError when the engine does not even describe itself.
 * @example
 * const report = await runConformance(createEngine("embedded"), { prompts: [[200006, 1428, 200008, 12194]] });
 * report.results.filter(({ status }) => status === "fail");
 */
export async function runConformance(
  engine: Engine,
  options: ConformanceOptions,
): Promise<ConformanceReport> {
  const info = await engine.info();
  const context = new CheckContext(engine, info, options);
  const results: CheckResult[] = [];
  for (const check of checks) {
    if (options.only === undefined || options.only.includes(check.id))
      results.push(await runCheck(check, context));
  }
  const count = (status: CheckStatus) => results.filter((result) => result.status === status).length;
  return {
    engine: info.engine,
    model: info.model,
    results,
    passed: count("pass"),
    failed: count("fail"),
    skipped: count("skip"),
  };
}

async function runCheck(check: Check, context: CheckContext): Promise<CheckResult> {
  const started = performance.now();
  const outcome = await withTimeout(check.run(context), context.options.timeoutMs ?? 60_000).then(
    (detail) => ({ status: "pass" as const, detail }),
    (error: unknown) => ({
      status: error instanceof Skip ? ("skip" as const) : ("fail" as const),
      detail: describe(error),
    }),
  );
  return { id: check.id, title: check.title, ...outcome, milliseconds: performance.now() - started };
}

function withTimeout<T>(promise: Promise<T>, milliseconds: number): Promise<T> {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => {
      reject(new Error(`not done after ${milliseconds} ms`));
    }, milliseconds);
    promise.then(resolve, reject).finally(() => {
      clearTimeout(timer);
    });
  });
}

function describe(error: unknown): string {
  if (error instanceof EngineError) return `EngineError ${error.code}: ${error.message}`;
  return error instanceof Error ? error.message : String(error);
}
