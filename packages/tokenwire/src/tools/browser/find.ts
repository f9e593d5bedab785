// Finding text in a page: a page of matches whose links lead to the lines.

import { stripLinks } from "./citations.ts";
import { type Page, type PageTarget, pageLines } from "./page.ts";

const maxMatches = 50;
const linesPerMatch = 4;

export function findPage(page: Page, pattern: string): Page {
  const lines = pageLines(page).map(stripLinks);
  const results: string[] = [];
  const targets: Record<string, PageTarget> = {};
  const urls: Record<string, string> = {};
  for (let line = 0; line < lines.length && results.length < maxMatches; line += 1) {
    if (!lines[line]!.toLowerCase().includes(pattern)) continue;
    const id = results.length;
    results.push(`# 【${id}†match at L${line}】\n${lines.slice(line, line + linesPerMatch).join("\n")}`);
    targets[id] = { page, line };
    urls[id] = page.url;
    line += linesPerMatch - 1;
  }
  return {
    url: `${page.url}/find?pattern=${percentEncode(pattern)}`,
    title: `Find results for text: \`${pattern}\` in \`${page.title}\``,
    text: results.length > 0 ? results.join("\n\n") : `No \`find\` results for pattern: \`${pattern}\``,
    urls,
    targets,
  };
}

/** Percent-encoding with letters, digits and `_.-~/` kept. */
function percentEncode(text: string): string {
  return encodeURIComponent(text.replace(/\p{Surrogate}/gu, "\ufffd"))
    .replaceAll("%2F", "/")
    .replace(/[!*'()]/g, (character) => `%${character.charCodeAt(0).toString(16).toUpperCase()}`);
}
