// What was asked and answered, for traces and logs of operators who asked for it: in the form of the GenAI conventions
// (`gen_ai.input.messages`, `gen_ai.output.messages`), each text with a bound.

import type { ChoiceEvent, RequestBody } from "../../protocol/index.ts";

/** UTF-16 code units that are kept of one text. */
const textLimit = 65_536;

interface Part {
  readonly type: string;
  content?: string;
  id?: string;
  name?: string;
  arguments?: string;
}
interface Message {
  readonly role: string;
  readonly parts: readonly Part[];
  readonly finish_reason?: string;
}

const shorten = (text: string): string =>
  text.length <= textLimit ? text : `${text.slice(0, textLimit)}[${text.length - textLimit} more]`;

function partOf(value: unknown): Part {
  if (typeof value === "string") return { type: "text", content: shorten(value) };
  const part = (value ?? {}) as Readonly<Record<string, unknown>>;
  const text = part["text"] ?? part["content"] ?? part["output"];
  const type = typeof part["type"] === "string" ? part["type"] : "text";
  if (typeof text === "string") return { type: /text$/.test(type) ? "text" : type, content: shorten(text) };
  return { type, content: shorten(JSON.stringify(part)) };
}

function messageOf(value: unknown, role = "user"): Message {
  if (typeof value !== "object" || value === null) return { role, parts: [partOf(value)] };
  const message = value as Readonly<Record<string, unknown>>;
  const { content, tool_calls: calls } = message;
  const parts = Array.isArray(content)
    ? content.map(partOf)
    : content === null || content === undefined
      ? []
      : [partOf(content)];
  if (Array.isArray(calls)) parts.push(...calls.map(partOf));
  return {
    role: String(message["role"] ?? role),
    parts: parts.length > 0 ? parts : [partOf(message)],
  };
}

/** The messages of a request body, of whichever protocol. */
export function inputMessages(body: RequestBody): readonly Message[] {
  const given = body["messages"] ?? body["input"] ?? body["prompt"] ?? [];
  return (Array.isArray(given) ? given : [given]).map((entry) => messageOf(entry));
}

/** Its instructions, where they are apart from the messages. */
export function systemInstructions(body: RequestBody): readonly Part[] {
  const given = body["instructions"] ?? body["system"];
  if (given === undefined || given === null) return [];
  return (Array.isArray(given) ? given : [given]).map(partOf);
}

/** Collects what the choices of a request say. */
export class OutputContent {
  readonly #choices: { parts: Part[]; reason: string }[] = [];

  push(choice: number, events: readonly ChoiceEvent[]): void {
    this.#choices[choice] ??= { parts: [], reason: "" };
    const entry = this.#choices[choice];
    for (const event of events) {
      if (event.type === "finish") entry.reason = event.reason;
      else if (event.type === "tool-call")
        entry.parts.push({ type: "tool_call", id: event.id, name: event.name, arguments: "" });
      else if (event.type !== "tool-end") add(entry.parts, event);
    }
  }

  get messages(): readonly Message[] {
    return this.#choices.map(({ parts, reason }) => ({ role: "assistant", parts, finish_reason: reason }));
  }
}

function add(parts: Part[], event: { readonly type: string; readonly text: string }): void {
  const isArguments = event.type === "tool-arguments";
  const type = isArguments ? "tool_call" : event.type;
  let part = parts.at(-1);
  if (part?.type !== type) {
    part = { type };
    parts.push(part);
  }
  const field = isArguments ? "arguments" : "content";
  const room = textLimit - (part[field] ?? "").length;
  part[field] = (part[field] ?? "") + event.text.slice(0, Math.max(0, room));
}
