// Which tokens of a training example are learned, as weights.

import type { AttributedTokens, TokenOrigin } from "./attribution.ts";
import { type ConversationLike, messagesOf } from "./conversation.ts";
import type { Message } from "./message.ts";
import { callToken, endToken, returnToken } from "./tokens.ts";

export interface LossPolicy {
  /**
   * - `assistant` (default): every assistant message.
   * - `last-turn`: assistant messages after the last user message.
   * - `last-message`: the last assistant message.
   */
  readonly messages?: "assistant" | "last-turn" | "last-message" | undefined;
  /** Only messages on these channels; `undefined` as a member stands for no channel. Default: all. */
  readonly channels?: readonly (string | undefined)[] | undefined;
  /** Whether the header, from `<|start|>` to `<|message|>`, is learned. Default true. */
  readonly header?: boolean | undefined;
  /** Which terminators are learned. Default: all. */
  readonly terminators?: readonly ("end" | "call" | "return")[] | undefined;
  /** Weight of a learned token. Default 1. */
  readonly weight?: number | undefined;
}

const terminatorNames: Readonly<Record<number, "end" | "call" | "return">> = {
  [endToken]: "end",
  [callToken]: "call",
  [returnToken]: "return",
};

/**
 * A weight for each token: 0 where nothing is learned.
 *
 * The default learns whole assistant messages, from `<|start|>` to the terminator, calls included and tool results
 * not, which is what chat templates for training mark as generated.
 *
 * @example lossMask(renderWithAttribution(encoding, conversation, { analysis: "current-turn" }), conversation)
 */
export function lossMask(
  rendering: AttributedTokens,
  conversation: ConversationLike,
  policy: LossPolicy = {},
): Float32Array {
  const learned = learnedMessages(messagesOf(conversation), policy);
  const weight = policy.weight ?? 1;
  return Float32Array.from(rendering.origins, (origin, index) =>
    learned.has(origin.message) && isLearned(origin, rendering.tokens[index]!, policy) ? weight : 0,
  );
}

function learnedMessages(messages: readonly Message[], policy: LossPolicy): Set<number> {
  const { messages: which = "assistant", channels } = policy;
  const lastUser = messages.findLastIndex(({ role }) => role === "user");
  const lastAssistant = messages.findLastIndex(({ role }) => role === "assistant");
  const first = { assistant: 0, "last-turn": lastUser + 1, "last-message": lastAssistant }[which];
  const learned = new Set<number>();
  messages.forEach(({ role, channel }, index) => {
    const onChannel = channels === undefined || channels.includes(channel);
    if (role === "assistant" && index >= first && onChannel) learned.add(index);
  });
  return learned;
}

function isLearned({ part }: TokenOrigin, id: number, policy: LossPolicy): boolean {
  if (part === "content") return true;
  if (part !== "terminator") return policy.header ?? true;
  const name = terminatorNames[id];
  return name === undefined || (policy.terminators?.includes(name) ?? true);
}
