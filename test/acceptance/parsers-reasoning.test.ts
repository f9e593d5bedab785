// Reasoning outputs recorded from SMG, vLLM and SGLang, each in the dialect of its project.

import { existsSync, readFileSync } from "node:fs";
import {
  collect,
  collectReasoning,
  createOutputParser,
  type Dialect,
  getReasoningFormat,
  type Message,
  type OutputEvent,
  type ReasoningFormat,
  thinkTagFormat,
} from "@tokenwire/core/parsers";
import { describe, expect, it } from "vitest";

const file = new URL("../../../shared/acceptance/parsers/reasoning_cases.json", import.meta.url);

interface Case {
  readonly id: string;
  readonly project: string;
  readonly parser: string;
  readonly in_reasoning_at_start?: boolean | null;
  readonly options?: { readonly chat_template_kwargs?: Record<string, unknown> };
  readonly streaming: boolean;
  readonly chunks?: readonly string[];
  readonly input: string;
  readonly reference_quirk?: unknown;
  readonly known_reference_bug?: unknown;
  readonly expected: {
    readonly normal_text?: string | null;
    readonly reasoning_text?: string | null;
    readonly error?: string;
  };
}

const cases: readonly Case[] = existsSync(file) ? JSON.parse(readFileSync(file, "utf8")) : [];

function dialectOf(project: string): Dialect {
  if (project === "smg") return "smg";
  return project.startsWith("vllm") ? "vllm" : "sglang";
}

/** Names with an underscore are base classes with their markers in parentheses. */
function formatOf(name: string, compat: Dialect): ReasoningFormat {
  const base = /^_base_thinking\((.*),(.*)\)$/.exec(name);
  if (base)
    return thinkTagFormat(name, { open: [base[1] ?? ""], close: [base[2] ?? ""], start: "reasoning" });
  return getReasoningFormat(name.replace(/^_/, ""), compat);
}

function run(item: Case): Message {
  const compat = dialectOf(item.project);
  const parser = createOutputParser({
    reasoning: formatOf(item.parser, compat),
    compat,
    inReasoningAtStart: item.in_reasoning_at_start ?? undefined,
    chatTemplateKwargs: item.options?.chat_template_kwargs,
  });
  const events: OutputEvent[] = [];
  for (const piece of item.chunks ?? [item.input]) events.push(...parser.push(piece));
  events.push(...parser.end());
  return item.streaming ? collect(events, { promotion: "both" }) : collectReasoning(events, compat);
}

function matches(item: Case): boolean {
  const message = run(item);
  const trimmed = (value: string | null | undefined) => (value ?? "").trim();
  return (
    item.expected.error === undefined &&
    trimmed(message.content) === trimmed(item.expected.normal_text) &&
    trimmed(message.reasoning) === trimmed(item.expected.reasoning_text)
  );
}

describe.skipIf(cases.length === 0)("reasoning outputs of other implementations", () => {
  it("at least 98 of 100 without known quirks or bugs", () => {
    const all = cases.filter((item) => !item.reference_quirk && !item.known_reference_bug);
    const failed = all.filter((item) => !matches(item));
    expect(failed.length / all.length, failed.map((item) => item.id).join(" ")).toBeLessThanOrEqual(0.02);
  });

  it("at least 9 of 10 of the quirks", () => {
    const all = cases.filter((item) => item.reference_quirk);
    const failed = all.filter((item) => !matches(item));
    expect(failed.length / all.length, failed.map((item) => item.id).join(" ")).toBeLessThanOrEqual(0.1);
  });
});
