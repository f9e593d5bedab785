// Whole outputs in one call: the same parser, fed once, and its events folded.

import { collect, type Diagnostic, type Message } from "./collect.ts";
import type { OutputEndReason, OutputEvent } from "./output-event.ts";
import {
  createOutputParser,
  type OutputParserOptions,
  type ReasoningOptions,
  type ToolParserOptions,
} from "./output-parser.ts";
import { getToolFormat } from "./registry.ts";
import { type Dialect, type Rules, rulesFor } from "./rules.ts";

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
  const message = collect(skipsBroken(rules) ? withoutBrokenBlocks(events) : events, {
    onInvalid: rules.onInvalid,
    onTruncated,
    textTrim: rules.textTrim,
  });
  const none = message.toolCalls.length === 0;
  if (isWholeText(message, rules) || (rules.wholeTextWithoutCalls && none)) {
    return { ...message, content: source, toolCalls: [] };
  }
  return rules.dropTextWithCalls && !none ? { ...message, content: null } : message;
}

/**
 * SMG skips broken blocks beside good ones. A broken block is text that directly follows its diagnostic; where no call
 * is left the whole output becomes text again.
 */
function withoutBrokenBlocks(events: Iterable<OutputEvent>): OutputEvent[] {
  const kept: OutputEvent[] = [];
  let broken = "";
  for (const event of events) {
    const skipped = event.type === "text" && broken !== "" && event.text.startsWith(broken);
    kept.push(skipped ? { type: "text", text: event.text.slice(broken.length) } : event);
    broken = event.type === "diagnostic" && isFault(event.code) ? event.text : "";
  }
  return kept;
}

const skipsBroken = (rules: Rules) => rules.dialect === "smg" && rules.wholeTextWithoutCalls;
const isFault = (code: string) => code !== "incomplete-list" && code !== "trailing-text";

/** What was repaired is no reason to refuse the output. */
const repairs = new Set(["closed-brackets", "unwrapped-arguments"]);
const incomplete = new Set(["incomplete-list", "trailing-text"]);

function isWholeText(message: Message, rules: Rules): boolean {
  return message.diagnostics.some(
    ({ code }) =>
      (rules.wholeTextOnAnyInvalid && !repairs.has(code)) ||
      (rules.wholeTextOnIncomplete && incomplete.has(code)),
  );
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
  const message = collectToolCalls(
    run(text, { ...options, tool: format }),
    text,
    rules,
    options.finishReason,
  );
  return { text: message.content ?? "", calls: message.toolCalls, diagnostics: message.diagnostics };
}

/**
 * Folds the events of a reasoning stage. SMG's whole-output rule: what stands before the first block is reasoning.
 */
export function collectReasoning(events: Iterable<OutputEvent>, dialect: Dialect = "tokenwire"): Message {
  const list = dialect === "smg" ? introAsReasoning([...events]) : events;
  return collect(list, { promotion: "both" });
}

function introAsReasoning(events: readonly OutputEvent[]): OutputEvent[] {
  const first = events.findIndex((event) => event.type === "reasoning");
  return events.map((event, index) =>
    event.type === "text" && index < first ? { type: "reasoning", text: event.text } : event,
  );
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
  const message = collectReasoning(run(text, { ...options, reasoning: name }), options.compat);
  return { text: message.content ?? "", reasoning: message.reasoning ?? "" };
}

/** Reads a whole output with both stages. */
export function parseOutput(text: string, options: ParseOptions = {}): Message {
  const events = run(text, options);
  if (options.tool === undefined) return collect(events);
  const format =
    typeof options.tool === "string" ? getToolFormat(options.tool, options.compat) : options.tool;
  const rules = rulesFor(options.compat ?? "tokenwire", format.rules, options.rules);
  return collectToolCalls(events, text, rules, options.finishReason);
}
