// What can be wrong with a model's output, and how grave it is.

import type { HarmonyDiagnosticCode } from "../errors.ts";

export type Severity = "info" | "warning" | "error";

/** What was assumed in place of what was read. */
export interface Repair {
  readonly field: string;
  readonly raw: string;
  readonly repaired: string | undefined;
}

export interface Diagnostic {
  readonly code: HarmonyDiagnosticCode;
  readonly severity: Severity;
  /** Half-open range over everything fed: token indices, or UTF-16 offsets when text was fed. */
  readonly tokenStart: number;
  readonly tokenEnd: number;
  readonly text: string;
  readonly repair: Repair | undefined;
  /** True when these tokens belong to no message. */
  readonly owns: boolean;
}

/** How grave each finding is, and whether strict mode lets it pass. */
export interface DiagnosticRule {
  readonly severity: Severity;
  readonly tolerated: boolean;
}

const warning: DiagnosticRule = { severity: "warning", tolerated: false };
const info: DiagnosticRule = { severity: "info", tolerated: false };
const remark: DiagnosticRule = { severity: "info", tolerated: true };
const shrug: DiagnosticRule = { severity: "warning", tolerated: true };

/** Rules of the codes that are not plain warnings. */
const rules: Partial<Record<HarmonyDiagnosticCode, DiagnosticRule>> = {
  "author-name": remark,
  "bare-recipient": remark,
  markerless: info,
  "noncanonical-channel": shrug,
  "special-in-content": remark,
  "stop-after-end": info,
  "stray-special": info,
  "stray-whitespace": info,
  "tool-call-on-analysis": remark,
  "tool-role": remark,
  "truncated-content": shrug,
  "unknown-token": { severity: "error", tolerated: false },
};

export function diagnosticRule(code: HarmonyDiagnosticCode): DiagnosticRule {
  return rules[code] ?? warning;
}
