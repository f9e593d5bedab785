// An answer on the screen as it arrives. On a terminal each part has a heading, reasoning is dimmed and Markdown is
// styled; otherwise standard output gets the answer only, so that it can be piped, and the rest goes to standard error.

import type { ChoiceEvent } from "../../protocol/index.ts";
import type { CitedPage } from "../../tools/index.ts";
import { hasColour, paint, printable } from "../output.ts";
import { CitationLinks } from "./citation-links.ts";
import { MarkdownStyler } from "./markdown.ts";

export type ReasoningDisplay = "full" | "collapsed" | "hidden";

export interface DisplayOptions {
  readonly reasoning: ReasoningDisplay;
  /** Style Markdown in answers. */
  readonly markdown?: boolean;
  /** The pages that citations name; absent: markers are shown as they are. */
  readonly pages?: (() => readonly CitedPage[]) | undefined;
}

type Section = "none" | "answer" | "reasoning" | "call";

export class AnswerDisplay {
  readonly #options: DisplayOptions;
  readonly #terminal: boolean = process.stdout.isTTY === true;
  readonly #citations: CitationLinks | undefined;
  readonly #markdown: MarkdownStyler | undefined;
  #section: Section = "none";
  #reasoningTokens = 0;
  #reasoningStart = 0;

  constructor(options: DisplayOptions) {
    this.#options = options;
    this.#citations = options.pages && new CitationLinks(options.pages);
    this.#markdown = options.markdown ? new MarkdownStyler() : undefined;
  }

  /** Shows an event; a promise while the terminal is behind. `tokens`: how many the event stands for. */
  show(event: ChoiceEvent, tokens: number = 1): Promise<void> | undefined {
    switch (event.type) {
      case "text":
        this.#begin("answer");
        return write(process.stdout, this.#answer(this.#citations?.push(event.text) ?? event.text));
      case "reasoning":
        return this.#showReasoning(event.text, tokens);
      case "tool-call":
        this.#begin("call");
        return write(this.#side, `${paint("cyan", `Tool call to ${printable(event.name)}:`, this.#side)} `);
      case "tool-arguments":
        return write(this.#side, printable(event.text));
      case "tool-end":
      case "finish":
        return undefined;
    }
  }

  /** Ends the answer. */
  end(note?: string): void {
    this.#endSection();
    if (note !== undefined) process.stderr.write(`${paint("dim", note, process.stderr)}\n`);
  }

  /** Where everything but the answer goes. */
  get #side(): NodeJS.WriteStream {
    return this.#terminal ? process.stdout : process.stderr;
  }

  #answer(text: string): string {
    const safe = printable(text);
    return this.#markdown?.push(safe) ?? safe;
  }

  #showReasoning(text: string, tokens: number): Promise<void> | undefined {
    const { reasoning } = this.#options;
    if (reasoning === "hidden") return undefined;
    this.#begin("reasoning");
    if (reasoning === "full") return write(this.#side, paint("dim", printable(text), this.#side));
    this.#reasoningTokens += tokens;
    if (!this.#terminal || !hasColour(process.stdout)) return undefined;
    return write(process.stdout, `\r${paint("dim", this.#reasoningSummary())}`);
  }

  #reasoningSummary(): string {
    const seconds = (performance.now() - this.#reasoningStart) / 1000;
    return `Reasoning … ${this.#reasoningTokens} tokens, ${seconds.toFixed(1)} s`;
  }

  #begin(section: Section): void {
    if (this.#section === section && section !== "call") return;
    this.#endSection();
    this.#section = section;
    if (section === "reasoning") {
      this.#reasoningTokens = 0;
      this.#reasoningStart = performance.now();
      if (this.#options.reasoning === "full") this.#heading("yellow", "Reasoning:");
    }
    if (section === "answer") this.#heading("green", "Assistant:");
  }

  #heading(colour: "yellow" | "green", text: string): void {
    if (this.#terminal) process.stdout.write(`${paint(colour, text)}\n`);
  }

  /** Flushes what is held back, and ends the line. */
  #endSection(): void {
    const section = this.#section;
    this.#section = "none";
    if (section === "none") return;
    if (section === "answer") {
      const rest = this.#answer(this.#citations?.end() ?? "");
      process.stdout.write(`${rest}${this.#markdown?.end() ?? ""}\n`);
    } else if (section === "reasoning" && this.#options.reasoning === "collapsed") {
      const live = this.#terminal && hasColour(process.stdout);
      this.#side.write(`${live ? "\r" : ""}${paint("dim", this.#reasoningSummary(), this.#side)}\n`);
    } else this.#side.write("\n");
  }
}

function write(stream: NodeJS.WriteStream, text: string): Promise<void> | undefined {
  if (text === "" || stream.write(text)) return undefined;
  return new Promise((resolve) => stream.once("drain", resolve));
}
