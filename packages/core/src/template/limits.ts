// Bounds on what a template may do. Templates come from model repositories and sometimes from requests, so each kind
// of work that can grow has one.

import { TokenwireError } from "../errors.ts";

/** Bounds of `compileTemplate`; exceeding one is a TemplateError with code TEMPLATE_LIMIT_EXCEEDED. */
export interface TemplateLimits {
  /** Source text in UTF-16 units. Default 1 MiB. */
  readonly maxSource?: number;
  /** Nesting of tags, expressions and literals, and links of a chain such as `a.b.c`. Default 200. */
  readonly maxDepth?: number;
  /** Macro calls, recursive loops and blocks inside each other. Default 200. */
  readonly maxCallDepth?: number;
  /** Statements, loop iterations, calls and filters, plus one per kilobyte of text built. Default 2,000,000. */
  readonly maxSteps?: number;
  /** Printed text, and any single string, in UTF-16 units. Default 64 Mi. */
  readonly maxOutput?: number;
  /** Items of a list or dict that a template builds. Default 1,000,000. */
  readonly maxItems?: number;
  /** Time of one render in milliseconds, looked at every few thousand steps. Default: none. */
  readonly timeoutMs?: number;
}

export const defaultLimits: Required<TemplateLimits> = {
  maxSource: 1 << 20,
  maxDepth: 200,
  maxCallDepth: 200,
  maxSteps: 2_000_000,
  maxOutput: 1 << 26,
  maxItems: 1_000_000,
  timeoutMs: Number.POSITIVE_INFINITY,
};

export function resolveLimits(limits: TemplateLimits = {}): Required<TemplateLimits> {
  for (const [name, value] of Object.entries(limits)) {
    if (value !== undefined && !(typeof value === "number" && value >= 0)) {
      throw new TokenwireError("INVALID_ARGUMENT", `${name} must be a number of at least 0, got ${value}.`);
    }
  }
  return { ...defaultLimits, ...limits };
}
