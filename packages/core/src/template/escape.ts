// HTML escaping of what is combined with safe strings.

import { concat, type Str, textOf } from "./text.ts";

const special = /[&<>'"]/g;

const entities: Readonly<Record<string, string>> = {
  "&": "&amp;",
  "<": "&lt;",
  ">": "&gt;",
  "'": "&#39;",
  '"': "&#34;",
};

/** The text with markup characters escaped, safe; a safe text as it is. */
export function escapeHtml(text: Str): Str {
  if (typeof text === "string") return textOf(escapeRun(text), 0, true);
  if (text.safe) return text;
  if (!text.isMixed()) return textOf(escapeRun(text.value), text.flags, true);
  let escaped: Str = textOf("", 0, true);
  text.visit((value, flags) => {
    escaped = concat(escaped, textOf(escapeRun(value), flags, true), true);
  });
  return escaped;
}

function escapeRun(value: string): string {
  return value.replace(special, (character) => entities[character]!);
}
