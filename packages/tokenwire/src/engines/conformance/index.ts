export type { CheckPrompt, ConformanceOptions, Reference } from "./context.ts";
export type { CheckResult, CheckStatus, ConformanceReport } from "./report.ts";
export { listConformanceChecks, runConformance } from "./run.ts";
