// The habits of the Hugging Face chat template for gpt-oss: how it writes tools, instructions, arguments and results.
// Text only: sampled ids are left out, because that template never sees them.

import { dumps, JsonError, parseJson } from "../json/index.ts";
import type { DeveloperContent } from "./content.ts";
import { HarmonyError } from "./harmony-error.ts";
import { hfNamespaceText } from "./hf-tools.ts";
import { Message } from "./message.ts";
import { responseFormatsText } from "./response-formats.ts";
import { TextContent } from "./text-content.ts";

/** The message as the template writes it. */
export function hfMessage(message: Message): Message {
  const { role, recipient } = message;
  if (role === "developer") {
    return new Message({
      ...message,
      content: message.content.map((part) =>
        part.type === "developer_content" ? developerPart(part) : part,
      ),
    });
  }
  if (role === "tool") {
    return new Message({
      ...message,
      recipient: "assistant",
      channel: "commentary",
      content: jsonText(message.text, false),
    });
  }
  if (role !== "assistant") return message;
  if (/<\|channel\|>(analysis|final)<\|message\|>/.test(message.text)) {
    throw new HarmonyError(
      "render",
      "The text of an assistant message must not hold the headers of messages.",
      {
        text: message.text,
      },
    );
  }
  return recipient === undefined
    ? message
    : new Message({ ...message, content: jsonText(message.text, true) });
}

function developerPart({ instructions, tools, responseFormats }: DeveloperContent): TextContent {
  // An empty line follows the instructions even when nothing else does.
  let text = instructions === undefined || instructions === "" ? "" : `# Instructions\n\n${instructions}\n\n`;
  const functions = tools?.get("functions");
  if (functions !== undefined) text += `# Tools\n\n${hfNamespaceText(functions)}`;
  if (responseFormats !== undefined && responseFormats.length > 0) {
    text += `${functions === undefined ? "" : "\n\n"}${responseFormatsText(responseFormats)}`;
  }
  return new TextContent(text);
}

/** Arguments are values and are written anew; a result is text and becomes a JSON string. */
function jsonText(text: string, isValue: boolean): string {
  const options = { ensureAscii: false };
  if (!isValue) return dumps(text, options);
  try {
    return dumps(parseJson(text), options);
  } catch (error) {
    // Arguments that are no JSON are what the model wrote; they stay as they are.
    if (error instanceof JsonError) return text;
    throw error;
  }
}
