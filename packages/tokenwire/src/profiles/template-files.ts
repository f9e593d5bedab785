// The chat templates of a model folder, with the file that each came from. Later files replace templates of the same
// name from earlier ones.

import type { JsonObject } from "@tokenwire/core/json";
import { type ChatTemplateFiles, readChatTemplates } from "@tokenwire/core/template";
import type { ModelFiles } from "./model-files.ts";

/** The text of a template and the file that it came from. */
export interface TemplateSource {
  readonly text: string;
  readonly from: string;
}

const extraFolder = "additional_chat_templates";

/**
 * Templates by name: from `tokenizer_config.json` (a text or a list of named ones), `chat_template.json`,
 * `chat_template.jinja`, `additional_chat_templates/<name>.jinja`. Files are used byte for byte.
 */
export async function readTemplates(
  files: ModelFiles,
  tokenizerConfig: JsonObject,
): Promise<Map<string, TemplateSource>> {
  const templates = new Map<string, TemplateSource>();
  const add = (from: string, contents: ChatTemplateFiles): void => {
    for (const [name, text] of readChatTemplates(contents)) templates.set(name, { text, from });
  };
  add("tokenizer_config.json: chat_template", { tokenizerConfig });
  const chatTemplateJson = await files.json("chat_template.json");
  if (chatTemplateJson !== undefined) add("chat_template.json", { chatTemplateJson });
  const chatTemplate = await files.text("chat_template.jinja");
  if (chatTemplate !== undefined) add("chat_template.jinja", { chatTemplate });
  for (const name of await files.list(extraFolder)) {
    const from = `${extraFolder}/${name}`;
    const text = name.endsWith(".jinja") ? await files.text(from) : undefined;
    if (text !== undefined) add(from, { additional: { [name.slice(0, -".jinja".length)]: text } });
  }
  return templates;
}

/** Templates from GGUF metadata: `tokenizer.chat_template` and `tokenizer.chat_template.<name>`. */
export function ggufTemplates(metadata: ReadonlyMap<string, unknown>): Map<string, TemplateSource> {
  const key = "tokenizer.chat_template";
  const templates = new Map<string, TemplateSource>();
  for (const [name, text] of metadata) {
    if (typeof text !== "string") continue;
    if (name === key) templates.set("default", { text, from: name });
    else if (name.startsWith(`${key}.`)) templates.set(name.slice(key.length + 1), { text, from: name });
  }
  return templates;
}
