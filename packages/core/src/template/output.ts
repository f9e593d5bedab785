// The text being printed, with the flags of its stretches. Also used to build strings from pieces.

import { fault } from "./fault.ts";
import { type Runs, type Str, type Text, textFromRuns, textOf } from "./text.ts";

export class Output {
  text = "";
  /** Flags added to everything written, while a generation block runs. */
  mark = 0;
  /** Type of the first thing printed by a block that is no string. */
  spoiledBy: string | null = null;
  private readonly limit: number;
  private lastFlags = -1;
  private readonly ends: number[] = [];
  private readonly flags: number[] = [];

  /** @param limit most characters; more is a fault of kind "limit" */
  constructor(limit: number) {
    this.limit = limit;
  }

  /** Appends a stretch with the same flags everywhere. */
  writeRun(value: string, runFlags: number): void {
    if (value === "") return;
    const flags = runFlags | this.mark;
    if (flags !== this.lastFlags) {
      if (this.lastFlags >= 0) {
        this.ends.push(this.text.length);
        this.flags.push(this.lastFlags);
      }
      this.lastFlags = flags;
    }
    this.text += value;
    if (this.text.length > this.limit) fault("limit", `text is longer than maxOutput (${this.limit})`);
  }

  write(text: Str): void {
    if (typeof text === "string") this.writeRun(text, 0);
    else if (text.isMixed()) this.writeMixed(text);
    else this.writeRun(text.value, text.flags);
  }

  private writeMixed(text: Text): void {
    text.visit((value, flags) => this.writeRun(value, flags));
  }

  /** The stretches written so far. */
  runs(): Runs {
    if (this.lastFlags < 0) return { ends: [], flags: [] };
    return { ends: [...this.ends, this.text.length], flags: [...this.flags, this.lastFlags] };
  }

  /** Something that is no string was printed by a block: Python notices when the pieces are joined. */
  spoil(typeName: string): void {
    this.spoiledBy ??= typeName;
  }

  /** Raises the fault of a spoiled output. */
  check(): void {
    if (this.spoiledBy === null) return;
    fault("TypeError", `sequence item 0: expected str instance, ${this.spoiledBy} found`);
  }

  /** Everything written, as one text. */
  take(safe: boolean): Str {
    this.check();
    if (this.ends.length === 0) return textOf(this.text, Math.max(this.lastFlags, 0), safe);
    return textFromRuns(this.text, this.runs(), safe);
  }
}
