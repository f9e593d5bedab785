// The server's tools as functions, for chat templates, which know nothing else, and for chat completions, whose clients
// have functions beside them: `browser.search` is the function `browser_search`, and an interpreter that takes source
// code is a function with the parameter `code`.

import { fromPlain, type JsonObject } from "@tokenwire/core/json";
import type { ConversationMessage, FunctionTool, ToolCall } from "../../protocol/index.ts";
import type { Tool } from "../../tools/index.ts";

interface FlatTool {
  readonly name: string;
  /** As everything but the template knows it: `browser.search`, `python`, `functions.apply_patch`. */
  readonly recipient: string;
  readonly takesCode: boolean;
  readonly declaration: FunctionTool;
}

const codeParameters = fromPlain({
  type: "object",
  properties: { code: { type: "string", description: "Source code to run." } },
  required: ["code"],
}) as JsonObject;

/** Whether a function's name begins with its tool's: always, or only where another function has the same name. */
export type NamePrefix = "always" | "collision";

const clean = (name: string): string => name.replace(/[^A-Za-z0-9_-]/g, "_").slice(0, 60);

export class FlatNames {
  readonly #tools: FlatTool[] = [];

  /** @param taken names of the client's functions */
  constructor(tools: readonly Tool[], taken: readonly string[], prefix: NamePrefix = "always") {
    const names = new Set(taken);
    const bare = [
      ...taken,
      ...tools.flatMap(({ namespace }) => namespace.tools.map(({ name }) => clean(name))),
    ];
    const isAlone = (name: string): boolean => bare.filter((other) => other === clean(name)).length === 1;
    const add = (recipient: string, wanted: string, declaration: Omit<FunctionTool, "name">): void => {
      const base = clean(wanted);
      let name = base;
      for (let n = 2; names.has(name); n++) name = `${base}_${n}`;
      names.add(name);
      const takesCode = declaration.parameters === codeParameters;
      this.#tools.push({ name, recipient, takesCode, declaration: { ...declaration, name } });
    };
    for (const { namespace } of tools) {
      const { name, description, tools: functions } = namespace;
      if (functions.length === 0) {
        add(name, name, { ...(description ? { description } : {}), parameters: codeParameters });
      }
      for (const entry of functions) {
        const parameters =
          entry.parameters === undefined ? undefined : (fromPlain(entry.parameters) as JsonObject);
        const isBare = name === "functions" || (prefix === "collision" && isAlone(entry.name));
        const flat = isBare ? entry.name : `${name}_${entry.name}`;
        add(`${name}.${entry.name}`, flat, {
          description: entry.description,
          ...(parameters && { parameters }),
        });
      }
    }
  }

  get declarations(): readonly FunctionTool[] {
    return this.#tools.map(({ declaration }) => declaration);
  }

  /** Whom a call of this name is for; undefined: not one of these tools. */
  recipientOf(name: string): string | undefined {
    return this.#tools.find((tool) => tool.name === name)?.recipient;
  }

  takesCode(name: string): boolean {
    return this.#tools.find((tool) => tool.name === name)?.takesCode ?? false;
  }

  /** A call as the template shows it. */
  toCall(id: string, recipient: string, text: string): ToolCall {
    const tool = this.#tools.find((entry) => entry.recipient === recipient || entry.name === recipient);
    if (tool === undefined) return { id, name: recipient.replace(/^functions\./, ""), arguments: text };
    return { id, name: tool.name, arguments: tool.takesCode ? JSON.stringify({ code: text }) : text };
  }

  /** Earlier calls of these tools under their names here. */
  rename(messages: readonly ConversationMessage[]): ConversationMessage[] {
    const renamed = (call: ToolCall): ToolCall =>
      call.header === undefined ? call : this.toCall(call.id, call.header.recipient, call.arguments);
    return messages.map((message) =>
      message.toolCalls === undefined ? message : { ...message, toolCalls: message.toolCalls.map(renamed) },
    );
  }
}

/** The source code in the arguments of a call; what is no such object is code itself. */
export function codeOf(text: string): string {
  try {
    const { code } = JSON.parse(text) as { code?: unknown };
    return typeof code === "string" ? code : text;
  } catch {
    return text;
  }
}
