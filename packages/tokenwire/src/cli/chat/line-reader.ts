// Lines of the user, blocks of several lines, their history, and Ctrl-C wherever it comes.

import { createInterface, type Interface } from "node:readline/promises";
import { paint } from "../output.ts";
import type { InputHistory } from "./history.ts";
import { PasteFilter, pasteOff, pasteOn } from "./paste-filter.ts";

const quotes = '"""';

export class LineReader {
  readonly #readline: Interface;
  readonly #history: InputHistory | undefined;
  #interrupts = 0;
  #closed = false;
  readonly #waiting: string[] = [];
  #resolve: ((line: string | undefined) => void) | undefined;
  /** What Ctrl-C stops; undefined at a prompt. */
  onInterrupt: (() => void) | undefined;
  readonly #paste: PasteFilter | undefined;

  constructor(history?: InputHistory) {
    this.#history = history;
    this.#paste = process.stdin.isTTY ? new PasteFilter(process.stdin) : undefined;
    if (this.#paste !== undefined) process.stdout.write(pasteOn);
    this.#readline = createInterface({
      input: this.#paste ?? process.stdin,
      output: process.stdin.isTTY ? process.stdout : process.stderr,
      terminal: process.stdin.isTTY === true,
      ...(history !== undefined && { history: [...history.entries()].reverse(), historySize: history.limit }),
    });
    this.#readline.on("line", (line) => {
      this.#interrupts = 0;
      if (this.#resolve) this.#settle(line);
      else this.#waiting.push(line);
    });
    this.#readline.on("close", () => {
      this.#closed = true;
      this.#settle(undefined);
    });
    this.#readline.on("SIGINT", () => {
      this.#interrupts += 1;
      if (this.onInterrupt) {
        this.onInterrupt();
        // A question that was open has no answer any more.
        this.#settle(undefined);
      } else if (this.#interrupts >= 2) this.#readline.close();
      else process.stderr.write("\n(Ctrl-C again to leave)\n");
    });
  }

  /** The next line; undefined at the end of input. */
  ask(prompt: string): Promise<string | undefined> {
    const [line] = this.#waiting.splice(0, 1);
    if (line !== undefined || this.#closed) return Promise.resolve(line);
    this.#readline.setPrompt(process.stdin.isTTY ? prompt : "");
    this.#readline.prompt();
    return new Promise((resolve) => {
      this.#resolve = resolve;
    });
  }

  /** What the user wants to say: a line, lines joined by a backslash at their end, or a `"""` block. */
  async askMessage(prompt: string): Promise<string | undefined> {
    const first = await this.ask(prompt);
    if (first === undefined) return undefined;
    const typed = first.startsWith(quotes)
      ? await this.#block(first.slice(quotes.length))
      : await this.#joined(first);
    return this.#entered(typed);
  }

  /** Lines up to one that ends with `"""`. */
  async askBlock(): Promise<string> {
    return this.#entered(await this.#block(""));
  }

  close(): void {
    if (this.#paste !== undefined) process.stdout.write(pasteOff);
    this.#readline.close();
    this.#paste?.destroy();
    // A terminal that is still being read keeps the program alive.
    process.stdin.pause();
  }

  #entered(typed: string): string {
    const text = this.#paste?.expand(typed) ?? typed;
    this.#history?.add(text);
    return text;
  }

  async #joined(first: string): Promise<string> {
    let text = first;
    while (text.endsWith("\\")) {
      const next = await this.ask(paint("dim", "… ", process.stderr));
      text = `${text.slice(0, -1)}\n${next ?? ""}`;
      if (next === undefined) break;
    }
    return text;
  }

  async #block(first: string): Promise<string> {
    const lines: string[] = [];
    for (
      let line: string | undefined = first;
      line !== undefined;
      line = await this.ask(paint("dim", "… ", process.stderr))
    ) {
      if (line.endsWith(quotes)) {
        lines.push(line.slice(0, -quotes.length));
        break;
      }
      lines.push(line);
    }
    return lines.join("\n").replace(/^\n|\n$/g, "");
  }

  #settle(line: string | undefined): void {
    this.#resolve?.(line);
    this.#resolve = undefined;
  }
}
