// Outputs recorded from SMG, vLLM and SGLang: each in the dialect of the project it comes from.

import { existsSync, readFileSync } from "node:fs";
import {
  collect,
  collectToolCalls,
  createOutputParser,
  type Dialect,
  getToolFormat,
  type Message,
  type OutputEvent,
  type Rules,
  rulesFor,
} from "@tokenwire/core/parsers";
import { describe, expect, it } from "vitest";

const file = new URL("../../../shared/acceptance/parsers/tool_cases.json", import.meta.url);

interface ExpectedCall {
  readonly name: string;
  readonly arguments?: unknown;
  readonly arguments_raw?: string;
  readonly arguments_valid_json?: boolean;
}

interface Case {
  readonly id: string;
  readonly project: string;
  readonly parser: string;
  readonly kind: string;
  readonly tier: string;
  readonly streaming: boolean;
  readonly chunks?: readonly string[];
  readonly tools?: readonly unknown[];
  readonly input: string;
  readonly combined_reasoning?: boolean;
  readonly expected: {
    readonly normal_text?: string | null;
    readonly calls: readonly ExpectedCall[];
    readonly reasoning_text?: string | null;
  };
}

const cases: readonly Case[] = existsSync(file) ? JSON.parse(readFileSync(file, "utf8")) : [];

/** Streams in which the reference shows its own opening marker as text; docs/2-guides/parser-differences.md. */
const knownDifferences = new Set(["t0899", "t0903", "t0957"]);

function dialectOf(project: string): Dialect {
  if (project === "smg") return "smg";
  return project.startsWith("vllm") ? "vllm" : "sglang";
}

function run(item: Case): Message {
  const compat = dialectOf(item.project);
  const format = getToolFormat(item.parser, compat);
  const tools = (item.tools ?? []).map((tool) => (tool as { function?: unknown }).function ?? tool);
  const parser = createOutputParser({
    tool: format,
    reasoning: item.combined_reasoning ? item.parser : undefined,
    tools: tools as { name: string }[],
    compat,
    trace: true,
  });
  const events: OutputEvent[] = [];
  for (const piece of item.chunks ?? [item.input]) events.push(...parser.push(piece));
  events.push(...parser.end());
  const rules: Rules = rulesFor(compat, format.rules);
  if (item.kind === "partial") return collect(events, { onInvalid: "keep", onTruncated: "keep" });
  return collectToolCalls(events, item.input, rules);
}

/** Equal as JSON values; numbers by value. */
function same(a: unknown, b: unknown): boolean {
  if (typeof a === "number" && typeof b === "number") return a === b;
  if (Array.isArray(a)) return Array.isArray(b) && a.length === b.length && a.every((x, i) => same(x, b[i]));
  if (typeof a !== "object" || a === null || typeof b !== "object" || b === null) return a === b;
  const left = a as Record<string, unknown>;
  const right = b as Record<string, unknown>;
  const keys = Object.keys(left);
  return (
    keys.length === Object.keys(right).length &&
    keys.every((key) => Object.hasOwn(right, key) && same(left[key], right[key]))
  );
}

const compact = (json: string) => json.replace(/\s/g, "");

function callMatches(
  actual: Message["toolCalls"][number],
  expected: ExpectedCall,
  partial: boolean,
): boolean {
  if (actual.name !== expected.name) return false;
  // Some references print arguments anew: blanks do not count.
  if (partial) return compact(actual.arguments).startsWith(compact(expected.arguments_raw ?? ""));
  if (expected.arguments_valid_json === false) return actual.arguments === expected.arguments_raw;
  const value = "arguments" in expected ? expected.arguments : JSON.parse(expected.arguments_raw ?? "{}");
  return same(JSON.parse(actual.arguments), value);
}

function matches(item: Case): boolean {
  const message = run(item);
  const { calls, normal_text: text, reasoning_text: reasoning } = item.expected;
  const trimmed = (value: string | null | undefined) => (value ?? "").trim();
  return (
    message.toolCalls.length === calls.length &&
    message.toolCalls.every((call, index) => callMatches(call, calls[index]!, item.kind === "partial")) &&
    (text === undefined || trimmed(message.content) === trimmed(text)) &&
    (reasoning === undefined || trimmed(message.reasoning) === trimmed(reasoning))
  );
}

const failing = (tier: string, streaming: boolean) =>
  cases.filter((item) => item.tier.startsWith(tier) && item.streaming === streaming && !matches(item));

describe.skipIf(cases.length === 0)("tool-call outputs of other implementations", () => {
  it("tier A, whole: all", () => {
    expect(failing("A", false).map((item) => item.id)).toEqual([]);
  });

  it("tier A, streamed: all but those explained", () => {
    const ids = failing("A", true).map((item) => item.id);
    expect(ids.filter((id) => !knownDifferences.has(id))).toEqual([]);
  });

  it("tier B, where implementations disagree: nine of ten in the project's own dialect", () => {
    const all = cases.filter((item) => item.tier.startsWith("B"));
    const failed = all.filter((item) => !matches(item));
    expect(failed.length / all.length).toBeLessThanOrEqual(0.1);
  });

  it("tier C, quirks: nothing throws", () => {
    for (const item of cases.filter((entry) => entry.tier.startsWith("C"))) {
      expect(() => run(item)).not.toThrow();
    }
  });
});
