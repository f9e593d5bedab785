// Links, images, math, superscripts and subscripts become text before a page is laid out.

import { type HtmlToken, mergeText } from "./html-tokens.ts";

export interface MarkerOptions {
  readonly pageUrl: string;
  /** The published tool's quirks: math and the text behind it are lost, any scheme becomes a link. */
  readonly reference: boolean;
}

export interface MarkedPage {
  readonly tokens: HtmlToken[];
  /** Absolute URL by link id. */
  readonly urls: Readonly<Record<string, string>>;
}

export function markInline(tokens: readonly HtmlToken[], options: MarkerOptions): MarkedPage {
  const links = new LinkTable(options);
  const linked = replaceElements(tokens, "a", (element) => links.marker(element));
  const withoutMath = options.reference ? dropMath(linked) : linked;
  const scripted = markScripts(markImages(withoutMath));
  return { tokens: mergeText(scripted), urls: links.urls };
}

/** The network location of a URL, port and user included. */
export function networkLocation(url: string): string {
  return /^[a-zA-Z][a-zA-Z0-9+.-]*:\/\/([^/?#]*)/.exec(url)?.[1] ?? "";
}

class LinkTable {
  readonly urls: Record<string, string> = {};
  readonly #ids = new Map<string, string>();
  readonly #options: MarkerOptions;
  readonly #domain: string;

  constructor(options: MarkerOptions) {
    this.#options = options;
    this.#domain = networkLocation(options.pageUrl);
  }

  /** The text that replaces a link element; undefined leaves it as it is. */
  marker(element: readonly HtmlToken[]): string | undefined {
    const [open] = element;
    const href = open?.kind === "open" ? open.attributes["href"] : undefined;
    if (href === undefined) return undefined;
    const texts = element.flatMap((token) => (token.kind === "text" ? [token.text] : []));
    const text = texts.join(" ").replace(/\s+/g, " ").replaceAll("†", "‡");
    if (text === "") return undefined;
    const url = this.#resolve(href);
    if (url === undefined) return text;
    const shown = this.#options.reference ? shownDomain(url) : networkLocation(url);
    const stored = url.replace("arxiv.org", "ar5iv.org");
    const id = this.#ids.get(stored) ?? String(this.#ids.size);
    this.#ids.set(stored, id);
    this.urls[id] = stored;
    return shown === this.#domain ? `【${id}†${text}】` : `【${id}†${text}†${shown}】`;
  }

  #resolve(href: string): string | undefined {
    const { reference, pageUrl } = this.#options;
    const plain = reference ? /^(?:mailto:|javascript:|#)/ : /^\s*(?:mailto:|javascript:|#)/i;
    if (plain.test(href)) return undefined;
    const url = joinUrl(pageUrl, href);
    if (url === undefined || reference) return url;
    return openable.test(url) ? url : undefined;
  }
}

/** Addresses that a backend can open: the web's, and those of a folder of pages. */
const openable = /^(?:https?|file-site):/i;

/** RFC 3986 resolution that keeps the reference as it was written: no percent-encoding, no punycode, no added slash. */
export function joinUrl(base: string, reference: string): string | undefined {
  const relative = reference.trim();
  if (relative === "") return base;
  if (/^[a-zA-Z][a-zA-Z0-9+.-]*:/.test(relative)) return normaliseAbsolute(relative);
  const parts = /^([a-zA-Z][a-zA-Z0-9+.-]*):\/\/([^/?#]*)([^?#]*)(\?[^#]*)?/.exec(base);
  if (parts === null) return undefined;
  const [, scheme = "", authority = "", basePath = "", baseQuery = ""] = parts;
  if (relative.startsWith("//")) return `${scheme}:${relative}`;
  const origin = `${scheme}://${authority}`;
  const [, path = "", tail = ""] = /^([^?#]*)(.*)$/s.exec(relative) ?? [];
  if (path === "") return `${origin}${basePath}${tail.startsWith("?") ? tail : baseQuery + tail}`;
  const folder = basePath.slice(0, basePath.lastIndexOf("/") + 1) || "/";
  return origin + removeDotSegments(path.startsWith("/") ? path : folder + path) + tail;
}

function normaliseAbsolute(url: string): string {
  const parts = /^([a-zA-Z][a-zA-Z0-9+.-]*:\/\/[^/?#]*)([^?#]*)(.*)$/s.exec(url);
  if (parts === null) return url;
  return parts[1]! + removeDotSegments(parts[2]!) + parts[3]!;
}

function removeDotSegments(path: string): string {
  if (!path.includes("/.")) return path;
  const out: string[] = [];
  const segments = path.split("/");
  segments.forEach((segment, index) => {
    const last = index === segments.length - 1;
    if (segment === "..") {
      if (out.length > 1) out.pop();
      if (last) out.push("");
    } else if (segment !== ".") out.push(segment);
    else if (last) out.push("");
  });
  return out.join("/");
}

/** The published tool prefixes `http://` to whatever holds no "http" before it takes the domain. */
function shownDomain(url: string): string {
  return networkLocation(url.includes("http") ? url : `http://${url}`);
}

/** Replaces each element called `name` by the text that `replace` gives for its tokens. */
function replaceElements(
  tokens: readonly HtmlToken[],
  name: string,
  replace: (element: readonly HtmlToken[]) => string | undefined,
): HtmlToken[] {
  const out: HtmlToken[] = [];
  let start = -1;
  for (const token of tokens) {
    // A link cannot hold a link: a second one closes the first.
    const ends = token.kind === "open" || token.kind === "close" ? token.name === name : false;
    if (ends && start !== -1) {
      const element = out.slice(start);
      const text = replace(element);
      if (text !== undefined) out.splice(start, out.length - start, { kind: "text", text });
      else if (token.kind === "close") out.push(token);
      else out.push({ kind: "close", name });
      start = -1;
      if (token.kind === "close") continue;
    }
    if (token.kind === "open" && token.name === name) start = out.length;
    if (!(token.kind === "close" && token.name === name && start === -1)) out.push(token);
  }
  return out;
}

function markImages(tokens: readonly HtmlToken[]): HtmlToken[] {
  let count = 0;
  return tokens.flatMap((token): HtmlToken[] => {
    if (token.kind === "close" && token.name === "img") return [];
    if (token.kind !== "open" || token.name !== "img") return [token];
    const text = token.attributes["alt"] ?? token.attributes["title"] ?? "";
    const label = text === "" ? `[Image ${count}]` : `[Image ${count}: ${text}]`;
    count += 1;
    return [{ kind: "text", text: label }];
  });
}

/** Removes math and, as the published tool does, the text that follows it up to the next tag. */
function dropMath(tokens: readonly HtmlToken[]): HtmlToken[] {
  const out: HtmlToken[] = [];
  let depth = 0;
  let afterMath = false;
  for (const token of tokens) {
    const isMath = (token.kind === "open" || token.kind === "close") && token.name === "math";
    if (isMath) {
      depth += token.kind === "open" ? 1 : -1;
      afterMath = depth === 0;
    } else if (depth === 0) {
      if (!(afterMath && token.kind === "text")) out.push(token);
      afterMath = false;
    }
  }
  return out;
}

const scriptMarks: Readonly<Record<string, string>> = { sup: "^", sub: "_" };

function markScripts(tokens: readonly HtmlToken[]): HtmlToken[] {
  const out: HtmlToken[] = [];
  for (let index = 0; index < tokens.length; index += 1) {
    const token = tokens[index]!;
    const mark = token.kind === "open" ? scriptMarks[token.name] : undefined;
    const [inner, close] = [tokens[index + 1], tokens[index + 2]];
    const simple =
      mark !== undefined &&
      inner?.kind === "text" &&
      close?.kind === "close" &&
      /^[\p{L}\p{N}_-]+$/u.test(inner.text);
    if (simple) {
      out.push({ kind: "text", text: `${mark}{${inner.text}}` });
      index += 2;
    } else out.push(token);
  }
  return out;
}
