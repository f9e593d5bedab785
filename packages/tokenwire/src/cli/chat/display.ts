// An answer on the screen as it arrives. On a terminal reasoning is dimmed; otherwise standard output gets the answer
// only, so that it can be piped, and everything else goes to standard error.

import type { ChoiceEvent } from "../../protocol/index.ts";
import { hasColour, paint, printable } from "../output.ts";

export type ReasoningDisplay = "full" | "collapsed" | "hidden";

type Section = "none" | "answer" | "reasoning" | "call";

export class AnswerDisplay {
  readonly #reasoning: ReasoningDisplay;
  readonly #terminal: boolean = process.stdout.isTTY === true;
  #section: Section = "none";
  #reasoningTokens = 0;

  constructor(reasoning: ReasoningDisplay) {
    this.#reasoning = reasoning;
  }

  /** Shows an event; a promise while the terminal is behind. */
  show(event: ChoiceEvent): Promise<void> | undefined {
    switch (event.type) {
      case "text":
        this.#begin("answer");
        return write(process.stdout, printable(event.text));
      case "reasoning":
        return this.#showReasoning(event.text);
      case "tool-call":
        this.#begin("call");
        return write(this.#side, paint("cyan", `Tool call to ${printable(event.name)}: `, this.#side));
      case "tool-arguments":
        return write(this.#side, printable(event.text));
      case "tool-end":
      case "finish":
        return undefined;
    }
  }

  /** Ends the answer. */
  end(note?: string): void {
    if (this.#section !== "none" && (this.#terminal || this.#section === "answer"))
      process.stdout.write("\n");
    else if (this.#section !== "none") process.stderr.write("\n");
    this.#section = "none";
    this.#reasoningTokens = 0;
    if (note !== undefined) process.stderr.write(`${paint("dim", note, process.stderr)}\n`);
  }

  /** Where everything but the answer goes. */
  get #side(): NodeJS.WriteStream {
    return this.#terminal ? process.stdout : process.stderr;
  }

  #showReasoning(text: string): Promise<void> | undefined {
    if (this.#reasoning === "hidden") return undefined;
    if (this.#reasoning === "full") {
      this.#begin("reasoning");
      return write(this.#side, paint("dim", printable(text), this.#side));
    }
    this.#reasoningTokens++;
    this.#section = "reasoning";
    if (!this.#terminal || !hasColour(process.stdout)) return undefined;
    return write(process.stdout, `\r${paint("dim", `Reasoning … ${this.#reasoningTokens} tokens`)}`);
  }

  #begin(section: Section): void {
    if (this.#section === section && section !== "call") return;
    if (this.#section !== "none") this.#side.write("\n");
    this.#section = section;
  }
}

function write(stream: NodeJS.WriteStream, text: string): Promise<void> | undefined {
  if (stream.write(text)) return undefined;
  return new Promise((resolve) => stream.once("drain", resolve));
}
