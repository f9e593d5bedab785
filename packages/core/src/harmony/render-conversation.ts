// Conversations as tokens: which messages stay, how each is written, and what follows the last one.

import { keptMessages } from "./analysis-policy.ts";
import { jsonSchemaToTypescriptExtended } from "./extended-schema.ts";
import { hfMessage } from "./hf-profile.ts";
import type { Message, Role } from "./message.ts";
import { type MessageContext, renderMessage } from "./render-message.ts";
import type { ResolvedRenderConfig } from "./render-options.ts";
import { hasSampledTokens, renderSampled } from "./render-sampled.ts";
import type { TokenSink } from "./token-sink.ts";
import type { TokenTable } from "./token-table.ts";
import { startToken } from "./tokens.ts";

/** True when some developer message declares functions. The key of the namespace counts, not its name. */
export function hasFunctionTools(messages: readonly Message[]): boolean {
  return messages.some((message) =>
    message.content.some(
      (part) => part.type === "developer_content" && (part.tools?.get("functions")?.tools.length ?? 0) > 0,
    ),
  );
}

/** The context in which each message of a conversation is rendered. */
export function messageContext(config: ResolvedRenderConfig, functionTools: boolean): MessageContext {
  return {
    hasFunctionTools: functionTools,
    style: config.style,
    schemaText: config.extendedSchemas ? jsonSchemaToTypescriptExtended : undefined,
  };
}

/** Renders the kept message at `position` of `kept`. */
export function renderKept(
  sink: TokenSink,
  messages: readonly Message[],
  kept: readonly number[],
  position: number,
  config: ResolvedRenderConfig,
  context: MessageContext,
  table: TokenTable,
): void {
  const message = messages[kept[position]!]!;
  if (config.profile === "hf-template") {
    renderMessage(sink, hfMessage(message), context);
    return;
  }
  if (config.history === "canonical" || !hasSampledTokens(message)) {
    renderMessage(sink, message, context);
    return;
  }
  const previous = position > 0 ? messages[kept[position - 1]!] : undefined;
  const next = position + 1 < kept.length ? messages[kept[position + 1]!] : undefined;
  renderSampled(sink, message, { previous, next, clean: config.history === "clean", table });
}

/** A sink that is told which message comes next. */
export interface ConversationSink extends TokenSink {
  beginMessage?(index: number): void;
}

/** Renders the messages that the policy keeps. */
export function renderMessages(
  sink: ConversationSink,
  messages: readonly Message[],
  config: ResolvedRenderConfig,
  table: TokenTable,
): void {
  const context = messageContext(config, hasFunctionTools(messages));
  const kept = keptMessages(messages, config.analysis);
  for (let position = 0; position < kept.length; position++) {
    sink.beginMessage?.(kept[position]!);
    renderKept(sink, messages, kept, position, config, context, table);
  }
}

/** What a prompt ends with: the beginning of the next message. */
export function renderNextRole(sink: TokenSink, role: Role): void {
  sink.marker(startToken, "start");
  sink.word(role, "role");
}
