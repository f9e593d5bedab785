// What an assistant's message of calls has as its content when it has no text. Clients send an empty text, null or
// nothing, and templates differ in which of them keeps the calls: some look for calls only where the content is none,
// others fail on none, or print it. Each template is asked once.

import type { JsonObject, JsonValue } from "@tokenwire/core/json";
import { renderChat, type Template } from "@tokenwire/core/template";
import type { TemplateFormat } from "../profile.ts";

/** How a template renders a call beside a content. */
type Outcome = "lost" | "prints none" | "right";
interface Outcomes {
  readonly none: Outcome;
  readonly text: Outcome;
}

const order: readonly Outcome[] = ["lost", "prints none", "right"];
const known: WeakMap<Template, Outcomes> = new WeakMap();

/**
 * The content to render: what the client sent, unless the template would then lose the calls or print "None".
 *
 * @param empty an empty text in the form that the template takes
 */
export function emptyContent(
  template: Template,
  format: TemplateFormat,
  given: JsonValue,
  empty: JsonValue,
): JsonValue {
  let outcomes = known.get(template);
  if (outcomes === undefined) {
    outcomes = { none: probe(template, format, null), text: probe(template, format, empty) };
    known.set(template, outcomes);
  }
  const none = order.indexOf(outcomes.none);
  const text = order.indexOf(outcomes.text);
  if (none === text) return given;
  return none > text ? null : empty;
}

const object = (entries: Readonly<Record<string, JsonValue>>): JsonObject => new Map(Object.entries(entries));
const value = "probe value";
const fields = object({ probe: value });
// Nine characters: some templates accept no other ids.
const id = "abcdefghi";
const name = "probe";

function probe(template: Template, format: TemplateFormat, content: JsonValue): Outcome {
  const callArguments = format.argumentsFormat === "string" ? JSON.stringify({ probe: value }) : fields;
  const call = object({ id, type: "function", function: object({ name, arguments: callArguments }) });
  const parameters = object({ type: "object", properties: object({}) });
  const tool = object({ type: "function", function: object({ name, description: "", parameters }) });
  try {
    const { text } = renderChat(template, {
      messages: [
        object({ role: "user", content: "x" }),
        object({ role: "assistant", content, tool_calls: [call] }),
        object({ role: "tool", name, tool_call_id: id, content: "x" }),
      ],
      tools: [tool],
      addGenerationPrompt: true,
      specialTokens: format.specialTokens,
    });
    if (!text.includes(value)) return "lost";
    return text.includes("None") ? "prints none" : "right";
  } catch {
    // A template that raises tells nothing about this content; the request itself will show its error.
    return "lost";
  }
}
