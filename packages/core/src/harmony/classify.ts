// What a message means to a client, in one table that every serving layer uses. The recipient decides before the
// channel does: gpt-oss puts nearly half of its function calls on the analysis channel.

import type { Message } from "./message.ts";
import { canonicalChannelOf, ParsedMessage } from "./parsed-message.ts";

export type MessageKind =
  | "prompt"
  | "tool_result"
  | "tool_call"
  | "builtin_call"
  | "reasoning"
  | "preamble"
  | "content";

export interface Classification {
  readonly kind: MessageKind;
  /** Name of the called function, without `functions.`; only for `tool_call`. */
  readonly tool?: string;
  /** A cut or unfinished call. */
  readonly incomplete?: true;
}

/** Where implementations differ. */
export interface ClassificationPolicy {
  /** Names of functions, with or without `functions.`. */
  readonly knownTools?: readonly string[] | undefined;
  /** A call on the analysis channel. Default `tool_call`. */
  readonly analysisRecipient?: "tool_call" | "reasoning" | undefined;
  /** Commentary without a recipient. Default `content`, reported as `preamble`. */
  readonly preamble?: "content" | "reasoning" | undefined;
  /** Calls of built-in tools. Default `separate`, reported as `builtin_call`. */
  readonly builtin?: "separate" | "reasoning" | undefined;
  /** An unknown channel. Default `content`. */
  readonly unknownChannel?: "content" | "drop" | undefined;
  /** A call that was cut. Default `emit`, marked incomplete. */
  readonly truncatedToolCall?: "emit" | "drop" | "content" | undefined;
}

const everyone = /^(all|assistant|user)$/;
const builtin = /^(python|browser|container)(\.|$)/;
const notNames = /^(json|code|text)$/;

/** What `message` is, or undefined when the policy drops it. */
export function classifyMessage(
  message: Message,
  policy: ClassificationPolicy = {},
): Classification | undefined {
  if (message.role === "tool") return { kind: "tool_result" };
  if (message.role !== "assistant") return { kind: "prompt" };
  const call = classifyCall(message, policy);
  if (call === undefined) return classifyChannel(message, policy);
  const cut = message instanceof ParsedMessage && !message.complete;
  if (!cut || call.kind !== "tool_call") return call;
  if (policy.truncatedToolCall === "drop") return undefined;
  return policy.truncatedToolCall === "content" ? { kind: "content" } : { ...call, incomplete: true };
}

function classifyCall(message: Message, policy: ClassificationPolicy): Classification | undefined {
  const { recipient } = message;
  if (recipient === undefined || everyone.test(recipient)) return undefined;
  // Text that merely follows half a header is no call, whoever the header speaks to.
  if (message instanceof ParsedMessage && message.markerMissing && message.terminator !== "call") {
    return undefined;
  }
  if (builtin.test(recipient)) return { kind: policy.builtin === "reasoning" ? "reasoning" : "builtin_call" };
  const tool = recipient.startsWith("functions.") ? recipient.slice(10) : recipient;
  const known = policy.knownTools?.some((name) => name === tool || name === `functions.${tool}`) ?? false;
  if (notNames.test(recipient) && !known) return undefined;
  const onAnalysis = canonicalChannelOf(message.channel) === "analysis";
  if (onAnalysis && policy.analysisRecipient === "reasoning") return { kind: "reasoning" };
  return { kind: "tool_call", tool };
}

function classifyChannel(message: Message, policy: ClassificationPolicy): Classification | undefined {
  switch (canonicalChannelOf(message.channel)) {
    case "analysis":
      return { kind: "reasoning" };
    case "commentary":
      return { kind: policy.preamble === "reasoning" ? "reasoning" : "preamble" };
    case "final":
      return { kind: "content" };
    case undefined:
      return message.channel !== undefined && policy.unknownChannel === "drop"
        ? undefined
        : { kind: "content" };
  }
}

/**
 * How reasoning tokens are counted.
 *
 * - `content`: content tokens of messages classified as reasoning.
 * - `vllm`: tokens after which the parser is in a message on analysis, or on commentary with a recipient.
 * - `smg`: as vllm, but all of commentary.
 */
export type ReasoningCount = "content" | "vllm" | "smg";

/** Number of reasoning tokens in `messages`; those fed as text count nothing. */
export function countReasoningTokens(
  messages: readonly ParsedMessage[],
  method: ReasoningCount = "content",
  policy: ClassificationPolicy = {},
): number {
  let count = 0;
  for (const message of messages) {
    const tokens = message.contentEnd - message.contentStart;
    if (!message.log.hasIds) continue;
    if (method === "content") {
      if (classifyMessage(message, policy)?.kind === "reasoning") count += tokens;
    } else if (isCounted(message, method)) count += tokens + (message.markerMissing ? 0 : 1);
  }
  return count;
}

function isCounted({ channel, recipient }: ParsedMessage, method: "vllm" | "smg"): boolean {
  if (channel === "analysis") return true;
  return channel === "commentary" && (method === "smg" || recipient !== undefined);
}
