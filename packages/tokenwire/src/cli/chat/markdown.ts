// Markdown on a terminal, as it streams: headings, bold, code and fences get a style, every character stays. Held back
// is only the start of a line that may still become a fence or a heading, and half of a `**`.

const sequence = "\u001b[";
const style = { bold: `${sequence}1m`, code: `${sequence}36m`, dim: `${sequence}2m`, plain: `${sequence}0m` };

/** The start of a line whose meaning is not known yet. */
const undecided = /^ {0,3}(?:#{1,6}|`{1,2}|~{1,2})?$/;
const fence = /^ {0,3}(?:```|~~~)/;
const heading = /^ {0,3}#{1,6}\s/;

export class MarkdownStyler {
  #held = "";
  #lineKind: "start" | "text" | "heading" | "fence" = "start";
  #inFence = false;
  #bold = false;
  #code = false;

  /** Styled text for what is known so far. */
  push(text: string): string {
    const parts = (this.#held + text).split("\n");
    const last = parts.pop()!;
    this.#held = "";
    let out = "";
    for (const part of parts) out += `${this.#piece(part, true)}${this.#endLine()}\n`;
    return out + this.#piece(last, false);
  }

  /** What was held back, and the end of every style. */
  end(): string {
    const held = this.#held;
    this.#held = "";
    const out = this.#piece(held, true) + this.#endLine();
    this.#inFence = false;
    return out;
  }

  #piece(text: string, isComplete: boolean): string {
    if (text === "") return "";
    if (this.#lineKind === "start") {
      if (!isComplete && undecided.test(text)) {
        this.#held = text;
        return "";
      }
      return this.#beginLine(text) + this.#inline(text, isComplete);
    }
    return this.#inline(text, isComplete);
  }

  #beginLine(text: string): string {
    if (fence.test(text)) {
      this.#lineKind = "fence";
      this.#inFence = !this.#inFence;
      return style.dim;
    }
    this.#lineKind = !this.#inFence && heading.test(text) ? "heading" : "text";
    if (this.#inFence) return style.code;
    return this.#lineKind === "heading" ? style.bold : "";
  }

  #inline(text: string, isComplete: boolean): string {
    if (this.#inFence || this.#lineKind !== "text") return text;
    let source = text;
    if (!isComplete && source.endsWith("*") && !source.endsWith("**")) {
      this.#held = "*";
      source = source.slice(0, -1);
    }
    return source.replace(/\*\*|`/g, (mark) => {
      if (mark === "`") return this.#toggleCode();
      return this.#code ? mark : this.#toggleBold();
    });
  }

  #toggleCode(): string {
    this.#code = !this.#code;
    const after = this.#bold ? style.plain + style.bold : style.plain;
    return this.#code ? `${style.code}\`` : `\`${after}`;
  }

  #toggleBold(): string {
    this.#bold = !this.#bold;
    return this.#bold ? `${style.bold}**` : `**${style.plain}`;
  }

  #endLine(): string {
    const isStyled = this.#bold || this.#code || this.#inFence || this.#lineKind !== "text";
    const wasEmpty = this.#lineKind === "start";
    this.#lineKind = "start";
    this.#bold = false;
    this.#code = false;
    return isStyled && !wasEmpty ? style.plain : "";
  }
}
