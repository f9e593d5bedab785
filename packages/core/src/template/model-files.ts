// The chat templates and special tokens of a model folder, from the contents of its files.

import { TokenwireError } from "../errors.ts";
import type { JsonValue } from "../json/index.ts";

/** Contents of the files that may hold templates; text byte for byte, JSON parsed. Later ones win for a name. */
export interface ChatTemplateFiles {
  readonly tokenizerConfig?: JsonValue;
  /** `chat_template.json`, of old processor repositories. */
  readonly chatTemplateJson?: JsonValue;
  /** `chat_template.jinja`. */
  readonly chatTemplate?: string;
  /** `additional_chat_templates/<name>.jinja` by name. */
  readonly additional?: Readonly<Record<string, string>>;
}

function member(value: JsonValue | undefined, key: string): JsonValue | undefined {
  return value instanceof Map ? value.get(key) : undefined;
}

function addTemplates(templates: Map<string, string>, value: JsonValue | undefined): void {
  if (typeof value === "string") templates.set("default", value);
  if (!Array.isArray(value)) return;
  for (const entry of value) {
    const name = member(entry, "name");
    const template = member(entry, "template");
    if (typeof name === "string" && typeof template === "string") templates.set(name, template);
  }
}

/** All templates of a model by name; an unnamed one is `default`. */
export function readChatTemplates(files: ChatTemplateFiles): Map<string, string> {
  const templates = new Map<string, string>();
  addTemplates(templates, member(files.tokenizerConfig, "chat_template"));
  const { chatTemplateJson } = files;
  addTemplates(
    templates,
    typeof chatTemplateJson === "string" ? chatTemplateJson : member(chatTemplateJson, "chat_template"),
  );
  if (files.chatTemplate !== undefined) templates.set("default", files.chatTemplate);
  for (const [name, source] of Object.entries(files.additional ?? {})) templates.set(name, source);
  return templates;
}

/**
 * The template to use: the named one, else `tool_use` for conversations with tools where it exists, else `default`.
 *
 * @throws TokenwireError INVALID_ARGUMENT that lists the names when none fits
 */
export function chooseChatTemplate(
  templates: ReadonlyMap<string, string>,
  options: { readonly name?: string; readonly hasTools?: boolean } = {},
): string {
  const wanted = options.name ?? (options.hasTools && templates.has("tool_use") ? "tool_use" : "default");
  const source = templates.get(wanted);
  if (source !== undefined) return source;
  if (templates.size === 0) {
    throw new TokenwireError(
      "INVALID_ARGUMENT",
      "The model has no chat template. Give one as a file or in the profile.",
    );
  }
  const names = [...templates.keys()].join(", ");
  throw new TokenwireError(
    "INVALID_ARGUMENT",
    `No chat template named "${wanted}". The model has: ${names}.`,
  );
}

const tokenNames = [
  "bos_token",
  "eos_token",
  "unk_token",
  "sep_token",
  "pad_token",
  "cls_token",
  "mask_token",
];

function tokenText(value: JsonValue | undefined): string | undefined {
  const content = value instanceof Map ? value.get("content") : value;
  return typeof content === "string" ? content : undefined;
}

/** The special tokens that `tokenizer_config.json` or `special_tokens_map.json` names, for `renderChat`. */
export function readSpecialTokens(
  ...configs: readonly (JsonValue | undefined)[]
): Record<string, string | string[]> {
  const tokens: Record<string, string | string[]> = {};
  for (const config of configs) {
    for (const name of tokenNames) {
      const text = tokenText(member(config, name));
      if (text !== undefined) tokens[name] ??= text;
    }
    const additional = member(config, "additional_special_tokens");
    if (Array.isArray(additional)) {
      tokens["additional_special_tokens"] ??= additional.map(tokenText).filter((text) => text !== undefined);
    }
  }
  return tokens;
}
