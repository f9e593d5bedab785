// The contract of a reasoning format: names, markers, where an output starts, and one generator that reads.

import type { FormatAliases } from "./format.ts";
import type { Task } from "./reader.ts";
import type { ReasoningReader } from "./reasoning-reader.ts";
import type { Dialect } from "./rules.ts";

/**
 * Where an output starts when nothing else tells: in the content, in the reasoning, or as a template's switch says
 * (`unless`: reasoning unless the switch is false; `if`: only if it is true).
 */
export type Start =
  | "content"
  | "reasoning"
  | { readonly unless: readonly string[] }
  | { readonly if: readonly string[]; readonly value?: string };

export interface ReasoningFormat {
  readonly name: string;
  readonly aliases: FormatAliases;
  readonly markers: readonly string[];
  /** For every dialect without an entry of its own. */
  readonly start: Start;
  readonly starts?: Partial<Record<Dialect, Start>>;
  /** Openers and closers, to see where a continued message stands. */
  readonly open: readonly string[];
  readonly close: readonly string[];
  /** Tokens that make no sense while thinking, for engines that can ban tokens. */
  readonly excludedTokens?: readonly string[];
  readonly read: (reader: ReasoningReader) => Task;
}
