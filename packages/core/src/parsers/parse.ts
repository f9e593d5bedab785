// Whole outputs in one call: the same parser, fed once, and its events folded.

import { collect, type Diagnostic, type Message } from "./collect.ts";
import type { OutputEndReason, OutputEvent } from "./output-event.ts";
import { createOutputParser, type OutputParserOptions, type ReasoningOptions, type ToolParserOptions } from "./output-parser.ts";
import { getToolFormat } from "./registry.ts";
import { type Rules, rulesFor } from "./rules.ts";

export interface ParsedCall {
  readonly id: string;
  readonly name: string;
  /** JSON text. */
  readonly arguments: string;
  readonly nativeId?: string;
  readonly status?: "invalid" | "truncated";
}

export interface ParsedToolCalls {
  readonly text: string;
  readonly calls: readonly ParsedCall[];
  readonly diagnostics: readonly Diagnostic[];
}

export interface ParseOptions extends OutputParserOptions {
  readonly finishReason?: OutputEndReason | undefined;
}

function run(text: string, options: ParseOptions): OutputEvent[] {
  const parser = createOutputParser({ ...options, trace: true, keepRaw: true });
  const events = parser.push(text);
  events.push(...parser.end(options.finishReason));
  return events;
}

/** Folds traced events under the rules of a tool format, whole-output rules included. */
export function collectToolCalls(
  events: Iterable<OutputEvent>,
  source: string,
  rules: Rules,
  finishReason?: OutputEndReason,
): Message {
  const onTruncated = finishReason === "length" ? "keep" : rules.onTruncated;
  const message = collect(events, { onInvalid: rules.onInvalid, onTruncated, textTrim: rules.textTrim });
  const faulty = message.diagnostics.length > 0;
  const none = message.toolCalls.length === 0;
  if ((rules.wholeTextOnAnyInvalid && faulty) || (rules.wholeTextWithoutCalls && none)) {
    return { ...message, content: source, toolCalls: [] };
  }
  return rules.dropTextWithCalls && !none ? { ...message, content: null } : message;
}

/**
 * Reads the tool calls of a whole output.
 *
 * @throws TokenwireError UNKNOWN_PARSER
 * @example
 * parseToolCalls('<tool_call>{"name": "f", "arguments": {"a": 1}}</tool_call>', "hermes").calls
 * // [{ id: "call_…", name: "f", arguments: '{"a": 1}' }]
 */
export function parseToolCalls(
  text: string,
  name: string,
  options: ToolParserOptions & { readonly finishReason?: OutputEndReason | undefined } = {},
): ParsedToolCalls {
  const format = getToolFormat(name, options.compat);
  const rules = rulesFor(options.compat ?? "tokenwire", format.rules, options.rules);
  const message = collectToolCalls(run(text, { ...options, tool: format }), text, rules, options.finishReason);
  return { text: message.content ?? "", calls: message.toolCalls, diagnostics: message.diagnostics };
}

/**
 * Splits a whole output into reasoning and text.
 *
 * @example parseReasoning("<think>why</think>so", "base") // { text: "so", reasoning: "why" }
 */
export function parseReasoning(
  text: string,
  name: string,
  options: ReasoningOptions & Pick<ToolParserOptions, "compat"> = {},
): { text: string; reasoning: string } {
  const message = collect(run(text, { ...options, reasoning: name }), { promotion: "both" });
  return { text: message.content ?? "", reasoning: message.reasoning ?? "" };
}

/** Reads a whole output with both stages. */
export function parseOutput(text: string, options: ParseOptions = {}): Message {
  const events = run(text, options);
  if (options.tool === undefined) return collect(events);
  const format = typeof options.tool === "string" ? getToolFormat(options.tool, options.compat) : options.tool;
  const rules = rulesFor(options.compat ?? "tokenwire", format.rules, options.rules);
  return collectToolCalls(events, text, rules, options.finishReason);
}
