// Going on with the final message: the prompt ends inside it. As in transformers, a tag is put at its end, and the
// prompt is cut where the tag comes out; but the tag is found by its flag, so that text of a user that contains the
// same words cannot move the cut.

import { TokenwireError } from "../errors.ts";
import type { Output } from "./output.ts";
import { strip } from "./split.ts";
import type { CompiledTemplate } from "./template.ts";
import { concat, continuation, isStr, plain, type Str, textOf } from "./text.ts";
import type { Value } from "./values.ts";

/** Templates see these words, and a few look for them, so they are the ones that transformers uses. */
const tag = "CONTINUE_FINAL_MESSAGE_TAG";

function refuse(message: string): never {
  throw new TokenwireError("INVALID_ARGUMENT", message);
}

/** Puts the tag at the end of the final message in the context; returns the text before it. */
export function continueMessage(
  template: CompiledTemplate,
  context: Map<string, Value>,
  field: string,
): string {
  const messages = context.get("messages");
  const message = Array.isArray(messages) ? messages.at(-1) : undefined;
  if (!Array.isArray(messages) || !(message instanceof Map)) {
    return refuse("continueFinalMessage needs at least one message.");
  }
  if (!template.source.includes(field)) {
    return refuse(`The chat template does not use the field "${field}" that is to be continued.`);
  }
  const value = message.get(field);
  if (value === undefined || value === null) {
    return refuse(`The final message has no "${field}" to continue.`);
  }
  const [tagged, text] = withTag(value);
  context.set("messages", [...messages.slice(0, -1), new Map(message).set(field, tagged)]);
  return text;
}

function withTag(value: Value): [Value, string] {
  if (isStr(value)) return [appendTag(value), plain(value)];
  const parts = Array.isArray(value) ? value : [];
  const at = parts.findLastIndex((part) => part instanceof Map && isStr(part.get("text")));
  if (at === -1) return refuse("The final message has no text to continue.");
  const part = parts[at] as Map<string, Value>;
  const text = part.get("text") as Str;
  return [parts.with(at, new Map(part).set("text", appendTag(text))), plain(text)];
}

function appendTag(text: Str): Str {
  return concat(text, textOf(`${tag} `, continuation, false), false);
}

/** How much of the output is the prompt. */
export function cutContinuation(output: Output, final: string): number {
  const text = output.text;
  const at = tagStart(output);
  if (at === -1 || !text.includes(plain(strip(final, null, true, true)))) {
    return refuse(
      "The chat template changes or drops the end of the final message, so it cannot be continued; use addGenerationPrompt.",
    );
  }
  // A template that trims the message has removed the tag's space: then the text before it is trimmed, too.
  if (text[at + tag.length] === " ") return at;
  return plain(strip(text.slice(0, at), null, false, true)).length;
}

/** The start of the last tag that is one by its flag; text that lost its flags is searched. */
function tagStart(output: Output): number {
  const { ends, flags } = output.runs();
  for (let at = ends.length - 1; at >= 0; at--) {
    const start = at === 0 ? 0 : ends[at - 1]!;
    if ((flags[at]! & continuation) !== 0 && output.text.startsWith(tag, start)) return start;
  }
  return output.text.lastIndexOf(tag);
}
