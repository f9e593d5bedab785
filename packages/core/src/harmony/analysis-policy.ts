// Which messages of earlier reasoning stay out of the prompt. Implementations differ, so the policy has a name.

import type { Message } from "./message.ts";

/**
 * - `upstream`: openai-harmony's rule: once the last assistant message is on `final`, every message on `analysis`
 *   before the first message on `final` goes, whoever wrote it. In effect only the first turn's reasoning.
 * - `spec`: reasoning before the last assistant message on `final` goes; what the format's guide describes.
 * - `current-turn`: reasoning before the last user message goes; keeps the current turn's even after its answer.
 * - `none`: nothing goes.
 */
export type AnalysisPolicy = "upstream" | "spec" | "current-turn" | "none";

/** Indices of the messages that stay, in order. */
export function keptMessages(messages: readonly Message[], policy: AnalysisPolicy): number[] {
  const drops = dropRule(messages, policy);
  const kept: number[] = [];
  for (let index = 0; index < messages.length; index++) if (!drops(index)) kept.push(index);
  return kept;
}

function dropRule(messages: readonly Message[], policy: AnalysisPolicy): (index: number) => boolean {
  switch (policy) {
    case "none":
      return () => false;
    case "upstream": {
      const last = messages.findLast((message) => message.role === "assistant");
      if (last?.channel !== "final") return () => false;
      const limit = messages.findIndex((message) => message.channel === "final");
      return (index) => index < limit && messages[index]!.channel === "analysis";
    }
    case "spec":
      return reasoningBefore(
        messages,
        messages.findLastIndex(({ role, channel }) => role === "assistant" && channel === "final"),
      );
    case "current-turn":
      return reasoningBefore(
        messages,
        messages.findLastIndex(({ role }) => role === "user"),
      );
  }
}

/** Reasoning before `limit`, where a call and its results stay or go together. */
function reasoningBefore(messages: readonly Message[], limit: number): (index: number) => boolean {
  if (limit <= 0) return () => false;
  const dropped = new Set<number>();
  const callsDropped = new Map<string, boolean>();
  for (let index = 0; index < limit; index++) {
    const message = messages[index]!;
    const { role, name, recipient } = message;
    const reasoning = message.channel === "analysis" && role === "assistant" && !callsFunction(message);
    if (role === "assistant" && recipient !== undefined) callsDropped.set(recipient, reasoning);
    const result = role === "tool" && (callsDropped.get(name ?? "") ?? message.channel === "analysis");
    if (reasoning || result) dropped.add(index);
  }
  return (index) => dropped.has(index);
}

/** A function called on the analysis channel, as gpt-oss often does, is a call and no reasoning. */
function callsFunction(message: Message): boolean {
  const { recipient } = message;
  if (recipient === undefined) return false;
  return !/^(all|assistant|user|python|browser|container)(\.|$)/.test(recipient);
}
