// Filters that write or read HTML.

import { escapeHtml } from "./escape.ts";
import { attributeFault, fault, typeFault } from "./fault.ts";
import { type Filter, filter } from "./filter.ts";
import { plainStr, str } from "./repr.ts";
import type { Runtime } from "./runtime.ts";
import { split } from "./split.ts";
import { commonFlags, isStr, plain, textOf } from "./text.ts";
import { urlize } from "./urlize.ts";
import { dictEntries, given, isDict, truth, typeName, Undefined, type Value } from "./values.ts";

function xmlattr(rt: Runtime, dict: Value, autospace: boolean): Value {
  if (!isDict(dict)) {
    if (dict instanceof Undefined) return dict.fail();
    return attributeFault(typeName(dict), "items");
  }
  const output = rt.output();
  let first = !autospace;
  for (const [key, value] of dictEntries(dict)) {
    if (value === null || value instanceof Undefined) continue;
    const name = isStr(key) ? key : typeFault("expected string or bytes-like object");
    if (/[\t-\r />=]/.test(plain(name))) {
      fault("ValueError", `Invalid character in attribute name: '${plain(name)}'`);
    }
    if (!first) output.write(" ");
    first = false;
    for (const part of [escapeHtml(name), '="', escapeHtml(str(rt, value)), '"']) output.write(part);
  }
  return output.take(rt.autoescape);
}

/** What `<!--…-->` and `<…>` leave, with single spaces; what a removal puts together can be a comment again. */
function stripTags(text: string): string {
  const words = split(withoutTags(withoutComments(text)), null, -1, false);
  return words.join(" ").replace(/&(#?\w+);/g, unescapeEntity);
}

function withoutComments(text: string): string {
  if (!text.includes("<!--")) return text;
  const kept: string[] = [];
  for (let at = 0; at < text.length; ) {
    kept.push(text.charAt(at++));
    if (kept.at(-1) !== "-" || kept.slice(-4).join("") !== "<!--") continue;
    const end = commentEnd(text, at);
    if (end < 0) return kept.join("") + text.slice(at);
    kept.length -= 4;
    at = end;
  }
  return kept.join("");
}

/** Where the comment ends whose `<!--` was read up to `at`: the dashes may belong to both ends. -1 for nowhere. */
function commentEnd(text: string, at: number): number {
  if (text.startsWith(">", at)) return at + 1;
  if (text.startsWith("->", at)) return at + 2;
  const end = text.indexOf("-->", at);
  return end < 0 ? -1 : end + 3;
}

function withoutTags(text: string): string {
  let kept = "";
  let at = 0;
  for (;;) {
    const start = text.indexOf("<", at);
    const end = start < 0 ? -1 : text.indexOf(">", start);
    if (end < 0) return kept + text.slice(at);
    kept += text.slice(at, start);
    at = end + 1;
  }
}

const namedEntities: Readonly<Record<string, string>> = {
  amp: "&",
  lt: "<",
  gt: ">",
  quot: '"',
  apos: "'",
  nbsp: "\u00a0",
};

function unescapeEntity(all: string, name: string): string {
  if (!name.startsWith("#")) return namedEntities[name] ?? all;
  const point =
    name[1] === "x" || name[1] === "X" ? Number.parseInt(name.slice(2), 16) : Number(name.slice(1));
  return point > 0 && point <= 0x10ffff ? String.fromCodePoint(point) : all;
}

export const htmlFilters: readonly Filter[] = [
  ...["escape", "e"].map((name) => filter(name, "s", (rt, [value]) => escapeHtml(str(rt, value!)), false)),
  filter("forceescape", "value", (rt, [value]) => escapeHtml(plainStr(rt, value!))),
  filter("striptags", "value", (rt, [value]) => {
    const text = str(rt, value!);
    return textOf(stripTags(plain(text)), commonFlags(text), false);
  }),
  filter("urlize", "value trim_url_limit? nofollow? target? rel? extra_schemes?", urlize),
  filter("xmlattr", "d autospace?", (rt, [dict, autospace]) =>
    xmlattr(rt, dict!, truth(given(autospace, true))),
  ),
];
