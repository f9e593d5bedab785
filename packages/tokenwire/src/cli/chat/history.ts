// What the user typed before, one JSON string per line, readable by nobody else. A line that starts with a space is not
// kept.

import { appendFileSync, mkdirSync, readFileSync, renameSync, writeFileSync } from "node:fs";
import { homedir } from "node:os";
import { dirname, join } from "node:path";

const maxEntries = 10_000;

/** The platform's place for such files. */
export function defaultHistoryFile(): string {
  const state = process.env["XDG_STATE_HOME"] ?? join(homedir(), ".local", "state");
  return join(state, "tokenwire", "chat_history");
}

export class InputHistory {
  readonly limit: number = maxEntries;
  readonly #path: string;
  readonly #entries: string[] = [];
  /** A history that cannot be written is not worth an error at each line. */
  #writable = true;

  constructor(path: string, warn: (text: string) => void) {
    this.#path = path;
    try {
      for (const line of readFileSync(path, "utf8").split("\n")) {
        if (line !== "") this.#entries.push(String(JSON.parse(line)));
      }
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === "ENOENT") return;
      warn(`The history ${path} cannot be read and was set aside: ${(error as Error).message}`);
      this.#setAside();
    }
  }

  /** Oldest first. */
  entries(): readonly string[] {
    return this.#entries;
  }

  add(text: string): void {
    if (text.trim() === "" || text.startsWith(" ") || !this.#writable) return;
    this.#entries.push(text);
    try {
      mkdirSync(dirname(this.#path), { recursive: true });
      if (this.#entries.length > maxEntries) {
        this.#entries.splice(0, this.#entries.length - maxEntries / 2);
        const lines = this.#entries.map((entry) => `${JSON.stringify(entry)}\n`);
        writeFileSync(this.#path, lines.join(""), { mode: 0o600 });
      } else appendFileSync(this.#path, `${JSON.stringify(text)}\n`, { mode: 0o600 });
    } catch {
      this.#writable = false;
    }
  }

  #setAside(): void {
    this.#entries.length = 0;
    try {
      renameSync(this.#path, `${this.#path}.bak`);
    } catch {
      this.#writable = false;
    }
  }
}
