// The conversation linter: what cannot be rendered, what cannot be read back, and what is probably a mistake.

import { type ConversationLike, messagesOf } from "./conversation.ts";
import { lintCalls } from "./lint-calls.ts";
import type { LintFinding, Reporter } from "./lint-finding.ts";
import { isHeaderTooLong, lintHeader } from "./lint-header.ts";
import { lintTools } from "./lint-schema.ts";
import type { Message } from "./message.ts";
import { ParsedMessage } from "./parsed-message.ts";
import { firstSpecialToken } from "./tokens.ts";
import { wellFormed } from "./well-formed.ts";

export interface LintOptions {
  /** Recipients that exist although no message declares them. */
  readonly knownTools?: readonly string[] | undefined;
}

const specialText =
  /<\|(?:startoftext|endoftext|return|constrain|channel|start|end|message|call|reserved_\d+)\|>/;

/**
 * Findings in the order of the messages; empty when there is nothing to say.
 *
 * A message of one text part without findings survives rendering and parsing unchanged.
 *
 * @example lintConversation([{ role: "tool", content: "42" }])[0].code // "tool-without-name"
 */
export function lintConversation(conversation: ConversationLike, options: LintOptions = {}): LintFinding[] {
  const messages = messagesOf(conversation);
  const findings: LintFinding[] = [];
  const reporter =
    (message: number): Reporter =>
    (code, path, text, severity = "warning") => {
      findings.push({ code, severity, message, path, text });
    };
  messages.forEach((message, index) => {
    const report = reporter(index);
    lintHeader(message, report);
    if (isHeaderTooLong(message)) {
      report(
        "recipient-unreadable",
        "header",
        "The header is longer than the 1,024 characters that are read.",
      );
    }
    lintContent(message, report);
    lintSurrogates(message, report);
  });
  lintCalls(messages, options.knownTools ?? [], reporter);
  lintChannels(messages, reporter);
  return findings.sort((a, b) => a.message - b.message);
}

function lintContent(message: Message, report: Reporter): void {
  message.content.forEach((part, index) => {
    const path = `content[${index}]`;
    if (part.type === "text") {
      const found = specialText.exec(part.text)?.[0];
      if (found !== undefined) {
        report(
          "special-token-text",
          path,
          `${found} is rendered as plain text; it may be an attempt to inject.`,
        );
      }
      return;
    }
    const role = part.type === "system_content" ? "system" : "developer";
    if (message.role !== role) {
      report("content-misplaced", path, `${part.type} may only stand in ${role} messages.`, "error");
    }
    lintTools(part.tools, path, report);
  });
  if (!(message instanceof ParsedMessage) || !message.hasSampledTokens) return;
  const ids = message.log.tokens.view(message.contentStart, message.contentEnd);
  const special = ids.find((id) => id >= firstSpecialToken);
  if (special !== undefined) {
    report("special-token-id", "content", `The sampled content holds the special token ${special}.`);
  }
}

function lintSurrogates({ name, recipient, channel, contentType, text }: Message, report: Reporter): void {
  for (const [path, value] of Object.entries({ name, recipient, channel, contentType, content: text })) {
    if (value !== undefined && wellFormed(value) !== value) {
      report("lone-surrogate", path, "Half a surrogate pair becomes U+FFFD.");
    }
  }
}

/** Channels as the system message wants them. */
function lintChannels(messages: readonly Message[], reporter: (message: number) => Reporter): void {
  const config = messages
    .flatMap(({ content }) => content)
    .find((part) => part.type === "system_content" && part.channelConfig !== undefined);
  if (config?.type !== "system_content" || config.channelConfig === undefined) return;
  const { channelRequired, validChannels } = config.channelConfig;
  messages.forEach(({ role, channel }, index) => {
    if (role !== "assistant") return;
    if (channel === undefined) {
      if (channelRequired) {
        reporter(index)("missing-channel", "channel", "The system message requires a channel.");
      }
    } else if (!validChannels.includes(channel)) {
      const valid = validChannels.join(", ");
      reporter(index)("channel-not-allowed", "channel", `${JSON.stringify(channel)} is none of: ${valid}.`);
    }
  });
}
