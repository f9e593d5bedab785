// Lays tags and text out as the Markdown-like text that models were trained to read. The oddities (an empty list item
// swallows the line break, escapes that only hold at the start of a run) are the format.

import type { HtmlToken } from "./html-tokens.ts";

interface List {
  readonly ordered: boolean;
  number: number;
}

/** Elements whose content is never shown. */
const hidden = new Set(["head", "script", "style"]);
const paragraphs = new Set(["p", "div"]);
/** White space as Python's regular expressions know it; U+FEFF is none. */
// biome-ignore lint/suspicious/noControlCharactersInRegex: the set that Python documents
const whiteSpace = /[\t-\r\u001c-\u0020\u0085\u00a0\u1680\u2000-\u200a\u2028\u2029\u202f\u205f\u3000]+/g;
const inlineCode = new Set(["code", "tt", "kbd"]);
const struck = new Set(["del", "s", "strike"]);

export function layOut(tokens: readonly HtmlToken[]): string {
  const layout = new Layout();
  for (const token of tokens) {
    if (token.kind === "text") layout.text(token.text);
    else if (token.kind === "open") layout.open(token.name, token.attributes);
    else if (token.kind === "close") layout.close(token.name);
  }
  return layout.end();
}

class Layout {
  readonly #out: string[] = [];
  #endsWithNewline = false;
  /** Line breaks to write before the next text. */
  #breaks = 0;
  /** Two spaces, when the pending break is a row end. */
  #breakPrefix = "";
  #space = false;
  /** At the very start, or right after a list mark or quote mark: pending breaks and spaces are dropped. */
  #atStart = true;
  #hidden = 0;
  #quotes = 0;
  #pre = false;
  #preStarts = false;
  #code = false;
  readonly #lists: List[] = [];
  /** Columns that the mark of the current list item takes. */
  #itemIndent = 0;
  #afterList = false;
  #inStrike = false;
  #afterStrike = false;
  #abbreviation: { readonly title: string; text: string } | undefined;
  readonly #abbreviations = new Map<string, string>();
  readonly #tags: string[] = [];

  text(run: string): void {
    if (this.#abbreviation !== undefined) this.#abbreviation.text += run;
    // An escaped character ends a run: what follows it counts as a line start for the escapes.
    for (const piece of run.split(/([&<>])/)) if (piece !== "") this.#data(piece);
  }

  #data(piece: string): void {
    let data = piece;
    if (this.#inStrike) {
      data = data.trim();
      this.#inStrike = false;
      this.#afterStrike = true;
    } else if (this.#afterStrike) {
      const glued = /^[^\][(){}\s.!?]/.test(data);
      if (glued && !["a", "code", "pre"].includes(this.#tags.at(-1) ?? "")) data = ` ${data}`;
      this.#afterStrike = false;
    }
    if (!this.#code && !this.#pre && !/^[&<>]$/.test(data)) data = escapeMarks(data);
    if (!this.#pre) {
      data = data.replace(whiteSpace, " ");
      if (data.startsWith(" ")) {
        this.#space = true;
        data = data.slice(1);
      }
    }
    if (data !== "") this.#write(data);
  }

  open(name: string, attributes: Readonly<Record<string, string>>): void {
    if (this.#isHidden(name)) this.#hidden += 1;
    this.#tags.push(name);
    const heading = /^h([1-6])$/.exec(name);
    if (heading !== null) {
      this.#paragraph();
      this.#write(`${"#".repeat(Number(heading[1]))} `);
    } else if (name === "br") this.#write(this.#quotes > 0 ? "  \n> " : "  \n");
    else if (name === "hr") {
      this.#paragraph();
      this.#write("* * *");
      this.#paragraph();
    } else if (name === "blockquote") {
      this.#paragraph();
      this.#write("> ", true);
      this.#atStart = true;
      this.#quotes += 1;
    } else if (name === "pre") {
      this.#preStarts = true;
      this.#pre = true;
      this.#paragraph();
    } else if (name === "li") this.#listItem();
    else if (name === "ul" || name === "ol") this.#openList(name === "ol", attributes["start"]);
    else if (name === "dd") this.#write("    ");
    else if (name === "abbr") this.#openAbbreviation(attributes["title"]);
    else this.#inlineMark(name, true);
    this.#afterList = name === "ul" || name === "ol";
  }

  close(name: string): void {
    const open = this.#tags.lastIndexOf(name);
    if (open !== -1) this.#tags.length = open;
    if (this.#isHidden(name)) this.#hidden -= 1;
    if (/^h[1-6]$/.test(name)) this.#paragraph();
    else if (name === "blockquote") {
      this.#quotes -= 1;
      this.#paragraph();
    } else if (name === "pre") {
      this.#pre = false;
      this.#paragraph();
    } else if (name === "ul" || name === "ol") {
      this.#lists.pop();
      if (this.#lists.length === 0) this.#write("\n");
    } else if (name === "li" || name === "dt" || name === "dd") this.#lineBreak();
    else if (name === "tr") {
      this.#breaks = 1;
      this.#breakPrefix = "  ";
    } else if (name === "abbr") this.#closeAbbreviation();
    else this.#inlineMark(name, false);
    this.#afterList = name === "ul" || name === "ol";
  }

  end(): string {
    this.#hidden = 0;
    this.#emit("\n");
    for (const [text, title] of this.#abbreviations) this.#emit(`  *[${text}]: ${title}\n`);
    return this.#out.join("");
  }

  /** A title belongs to the head, which may be implied; one inside the body is shown. */
  #isHidden(name: string): boolean {
    return hidden.has(name) || (name === "title" && !this.#tags.includes("body"));
  }

  #inlineMark(name: string, opening: boolean): void {
    if (paragraphs.has(name) || name === "dl") this.#paragraph();
    else if (name === "q") this.#write('"');
    else if (inlineCode.has(name) && !this.#pre) {
      this.#write("`");
      this.#code = opening;
    } else if (struck.has(name)) {
      this.#write("~~");
      this.#inStrike = opening;
    }
  }

  #openList(ordered: boolean, start: string | undefined): void {
    if (this.#lists.length === 0 && !this.#afterList) this.#paragraph();
    const first = /^\s*[-+]?\d+\s*$/.test(start ?? "") ? Number(start) : 1;
    this.#lists.push({ ordered, number: first });
  }

  #listItem(): void {
    this.#lineBreak();
    const list = this.#lists.at(-1) ?? { ordered: false, number: 1 };
    const indent = this.#lists.map((_, level) => (this.#lists[level - 1]?.ordered ? "   " : "  ")).join("");
    if (indent !== "") this.#write(indent);
    this.#itemIndent = indent.length + (list.ordered ? 3 : 2);
    this.#write(list.ordered ? `${list.number}. ` : "* ");
    list.number += 1;
    this.#atStart = true;
  }

  #openAbbreviation(title: string | undefined): void {
    this.#abbreviation = title === undefined ? undefined : { title, text: "" };
  }

  #closeAbbreviation(): void {
    if (this.#abbreviation !== undefined)
      this.#abbreviations.set(this.#abbreviation.text, this.#abbreviation.title);
    this.#abbreviation = undefined;
  }

  #paragraph(): void {
    this.#breaks = 2;
  }

  #lineBreak(): void {
    if (this.#breaks === 0) this.#breaks = 1;
  }

  /** Writes text after the breaks and the space that are due. `mark`: a quote mark, which carries its own space. */
  #write(text: string, mark = false): void {
    if (this.#hidden > 0) return;
    let data = text;
    const prefix = ">".repeat(this.#quotes) + (this.#quotes > 0 && !mark ? " " : "");
    let linePrefix = prefix;
    if (this.#preStarts) {
      // Inside a list the break before the block has indented its first line already.
      if (this.#lists.length > 0) data = data.replace(/^\n+/, "");
      else if (!/^\r?\n/.test(data)) data = `\n${data}`;
      this.#preStarts = false;
    }
    if (this.#pre) {
      linePrefix += " ".repeat(4 + (this.#lists.length > 0 ? this.#itemIndent : 0));
      data = data.replaceAll("\n", `\n${linePrefix}`);
    }
    if (this.#atStart) {
      this.#space = false;
      this.#breaks = 0;
      this.#atStart = false;
    }
    if (this.#breaks > 0) {
      this.#emit(`${this.#breakPrefix}\n${linePrefix}`.repeat(this.#breaks));
      this.#space = false;
      this.#breakPrefix = "";
    }
    if (this.#space && !this.#endsWithNewline) this.#emit(" ");
    this.#space = false;
    this.#breaks = 0;
    this.#emit(data);
  }

  #emit(text: string): void {
    this.#out.push(text);
    this.#endsWithNewline = text.endsWith("\n");
  }
}

/** Backslashes before what would read as a list mark or an escape; only at the start of a run or of its lines. */
function escapeMarks(run: string): string {
  return run
    .replace(/\\(?=[\\`*_{}[\]()#+\-.!])/g, "\\\\")
    .replace(/^(\s*\d+)\.(?=\s)/gm, "$1\\.")
    .replace(/^(\s*)\+(?=\s)/gm, "$1\\+")
    .replace(/^(\s*)-(?=\s|-)/gm, "$1\\-");
}
