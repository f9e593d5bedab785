// `urlize`: addresses in text become links. What counts as an address is Jinja's rule.
// https://jinja.palletsprojects.com/en/stable/templates/#jinja-filters.urlize

import { integerArgument, optionalString } from "./arguments.ts";
import { characters } from "./code-points.ts";
import { escapeHtml } from "./escape.ts";
import { fault } from "./fault.ts";
import { each } from "./iteration.ts";
import { repr, str } from "./repr.ts";
import type { Runtime } from "./runtime.ts";
import { split } from "./split.ts";
import { plain, textOf } from "./text.ts";
import { truth, type Value } from "./values.ts";
import { spaceClass } from "./white-space.ts";

const word = "[\\p{L}\\p{N}_]";
const label = "[\\p{L}\\p{N}_%-]";
const rest = `[^${spaceClass}]`;

const address = new RegExp(
  [
    "^(?:",
    // A scheme or www, then any domain.
    `(?:https?://|www\\.)(?:${label}+\\.)*(?:[a-z]{2,63}|xn--[\\p{L}\\p{N}_%]{2,59})`,
    // Without one, a domain that ends as many do.
    `|(?:${label}{2,63}\\.)+(?:com|net|int|edu|gov|org|info|mil)`,
    // A number.
    "|https?://(?:\\p{Nd}{1,3}(?:\\.\\p{Nd}{1,3}){3}|\\[(?:[\\p{Nd}a-f]{0,4}:){2}(?:[\\p{Nd}a-f]{0,4}:?){1,6}\\])",
    `)(?::\\p{Nd}{1,5})?(?:[/?#]${rest}*)?$`,
  ].join(""),
  "iu",
);
const mail = new RegExp(`^${rest}+@${word}[\\p{L}\\p{N}_.-]*\\.${word}+$`, "u");
const spaces = new RegExp(`([${spaceClass}]+)`, "u");
const opening = /^(?:[(<]|&lt;)+/;
const closing = /^(?:[)>.,\n]|&gt;)+$/;
const schemePrefix = /^[\p{L}\p{N}_.+-]{2,}:\/{0,2}$/u;
const pairs = [
  ["(", ")"],
  ["<", ">"],
  ["&lt;", "&gt;"],
] as const;

interface LinkStyle {
  /** Characters of an address that are shown. */
  readonly limit: number | undefined;
  /** ` rel="…" target="…"`, or nothing. */
  readonly attributes: string;
  readonly schemes: readonly string[];
}

/** The body of the filter: `trim_url_limit`, `nofollow`, `target`, `rel`, `extra_schemes`. */
export function urlize(rt: Runtime, args: readonly (Value | undefined)[]): Value {
  const [value, limit, nofollow, target, rel, schemes] = args;
  const style: LinkStyle = {
    limit: limit === undefined || limit === null ? undefined : integerArgument(limit, 0),
    attributes:
      attribute("rel", relations(rel, truth(nofollow ?? false))) +
      attribute("target", optionalString(target)),
    schemes: schemes === undefined || schemes === null ? [] : schemeList(rt, schemes),
  };
  const output = rt.output();
  for (const piece of plain(escapeHtml(str(rt, value!))).split(spaces)) output.write(linked(piece, style));
  return textOf(plain(output.take(false)), 0, rt.autoescape);
}

function relations(rel: Value | undefined, nofollow: boolean): string {
  const names = new Set(split(optionalString(rel) ?? "", null, -1, false));
  if (nofollow) names.add("nofollow");
  return [...names.add("noopener")].sort().join(" ");
}

function attribute(name: string, value: string | null): string {
  return value === null || value === "" ? "" : ` ${name}="${plain(escapeHtml(value))}"`;
}

function schemeList(rt: Runtime, schemes: Value): string[] {
  return Array.from(each(schemes), (scheme) => {
    const text = plain(str(rt, scheme));
    return schemePrefix.test(text)
      ? text
      : fault("FilterArgumentError", `${plain(repr(rt, scheme))} is not a valid URI scheme prefix.`);
  });
}

/** A word with what stands around its address kept outside of the link. */
function linked(piece: string, style: LinkStyle): string {
  const head = opening.exec(piece)?.[0] ?? "";
  let middle = piece.slice(head.length);
  let tail = closingPart(middle);
  middle = middle.slice(0, middle.length - tail.length);
  // A closing sign that balances one inside belongs to the address.
  for (const [open, close] of pairs) {
    const opened = count(middle, open);
    if (opened <= count(middle, close)) continue;
    for (let left = Math.min(opened, count(tail, close)); left > 0; left--) {
      const end = tail.indexOf(close) + close.length;
      middle += tail.slice(0, end);
      tail = tail.slice(end);
    }
  }
  return head + link(middle, style) + tail;
}

/** The longest run of closing signs at the end. */
function closingPart(text: string): string {
  let start = text.length;
  for (;;) {
    const step = text.endsWith("&gt;", start) ? 4 : 1;
    if (start < step || !closing.test(text.slice(start - step, start))) return text.slice(start);
    start -= step;
  }
}

function count(text: string, part: string): number {
  return text.split(part).length - 1;
}

function link(text: string, { limit, attributes, schemes }: LinkStyle): string {
  if (address.test(text)) {
    const url = /^https?:\/\//.test(text) ? text : `https://${text}`;
    return `<a href="${url}"${attributes}>${shortened(text, limit)}</a>`;
  }
  if (text.startsWith("mailto:") && mail.test(text.slice(7))) return `<a href="${text}">${text.slice(7)}</a>`;
  if (/^(?!www\.|@)[^:]*@[^:]*$/.test(text) && mail.test(text)) return `<a href="mailto:${text}">${text}</a>`;
  return schemes.reduce(
    (all, scheme) =>
      all !== scheme && all.startsWith(scheme) ? `<a href="${all}"${attributes}>${all}</a>` : all,
    text,
  );
}

function shortened(url: string, limit: number | undefined): string {
  if (limit === undefined) return url;
  const points = characters(url);
  return points.length > limit ? `${points.slice(0, limit).map(plain).join("")}...` : url;
}
