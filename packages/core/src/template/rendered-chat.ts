// A rendered prompt that remembers which of its text came from whom.

import type { Output } from "./output.ts";
import { generated, history, trusted } from "./text.ts";

/** A stretch of the prompt. */
export interface ChatSegment {
  readonly text: string;
  /** Written by the template's author (or a special token, or a known role name): may contain control tokens. */
  readonly trusted: boolean;
  /** Replayed text of the assistant, where the renderer was told to mark it. */
  readonly history: boolean;
}

export interface RenderedChat {
  readonly text: string;
  /** The text cut into trusted and untrusted stretches, in order. */
  readonly segments: readonly ChatSegment[];
  /** `[start, end)` in UTF-16 units of `text`, of what generation blocks printed. */
  readonly generationSpans: readonly (readonly [start: number, end: number])[];
}

/** The first `length` units of what was printed. */
export function renderedChat(output: Output, length: number): RenderedChat {
  const { ends, flags } = output.runs();
  const text = output.text.slice(0, length);
  const segments: { text: string; trusted: boolean; history: boolean }[] = [];
  const spans: [number, number][] = [];
  let start = 0;
  for (let at = 0; at < ends.length && start < length; at++) {
    const end = Math.min(ends[at]!, length);
    const isTrusted = (flags[at]! & trusted) !== 0;
    const isHistory = (flags[at]! & history) !== 0;
    const last = segments.at(-1);
    if (last !== undefined && last.trusted === isTrusted && last.history === isHistory) {
      last.text += text.slice(start, end);
    } else segments.push({ text: text.slice(start, end), trusted: isTrusted, history: isHistory });
    if ((flags[at]! & generated) !== 0) addSpan(spans, start, end);
    start = end;
  }
  return { text, segments, generationSpans: spans };
}

/** Adjacent stretches of a block are one span. */
function addSpan(spans: [number, number][], start: number, end: number): void {
  const last = spans.at(-1);
  if (last !== undefined && last[1] === start) last[1] = end;
  else spans.push([start, end]);
}

/** The markers around a model's reasoning. */
export interface ReasoningMarkers {
  readonly open?: string;
  readonly close?: string;
}

/**
 * Whether the reply starts inside reasoning: in the prompt's tail of template text, after the last user data, the
 * reasoning was opened and not closed. Exact per request, where a list of model names is not.
 *
 * @example opensReasoning(renderChat(qwen35, { messages, addGenerationPrompt: true })) // true unless disabled
 */
export function opensReasoning({ segments }: RenderedChat, markers: ReasoningMarkers = {}): boolean {
  const { open = "<think>", close = "</think>" } = markers;
  const last = segments.at(-1);
  if (last === undefined) return false;
  const tail = last.trusted ? last.text : "";
  const at = tail.lastIndexOf(open);
  return at !== -1 && !tail.includes(close, at);
}
