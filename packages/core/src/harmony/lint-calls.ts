// Calls and their results: who is called, and whether an answer follows.

import { classifyMessage } from "./classify.ts";
import type { Reporter } from "./lint-finding.ts";
import type { Message } from "./message.ts";

export function lintCalls(
  messages: readonly Message[],
  knownTools: readonly string[],
  reporter: (message: number) => Reporter,
): void {
  const tools = declaredTools(messages, knownTools);
  /** Calls without a result so far, by recipient. */
  let open: { index: number; recipient: string }[] = [];
  messages.forEach((message, index) => {
    const { role, name, recipient } = message;
    const kind = classifyMessage(message, { knownTools })?.kind;
    if (recipient !== undefined && (kind === "tool_call" || kind === "builtin_call")) {
      if (!tools.has(recipient)) {
        reporter(index)("unknown-recipient", "recipient", `No message declares the tool ${recipient}.`);
      }
      open.push({ index, recipient });
    } else if (role === "tool") {
      const answered = open.findIndex((call) => call.recipient === name);
      if (answered !== -1) open.splice(answered, 1);
      else
        reporter(index)("result-without-call", "name", `No call to ${name ?? "a tool"} stands before this.`);
    } else if (role === "user" || message.channel === "final") {
      for (const call of open) {
        reporter(call.index)("call-without-result", "recipient", `${call.recipient} never answers.`);
      }
      open = [];
    }
  });
}

function declaredTools(messages: readonly Message[], knownTools: readonly string[]): ReadonlySet<string> {
  const names = new Set<string>(knownTools);
  for (const name of knownTools) names.add(`functions.${name}`);
  for (const part of messages.flatMap(({ content }) => content)) {
    if (part.type === "text") continue;
    for (const { name, tools } of part.tools?.values() ?? []) {
      if (tools.length === 0) names.add(name);
      for (const tool of tools) names.add(`${name}.${tool.name}`);
    }
  }
  return names;
}
