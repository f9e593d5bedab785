// The contract between the engine and a format: data about names, markers and dialects, and one generator that reads.

import type { Task } from "./reader.ts";
import type { RuleChanges } from "./rules.ts";
import type { ToolReader } from "./tool-reader.ts";

/** A tool as a request declares it. `parameters` is a JSON Schema as plain objects. */
export interface ToolDefinition {
  readonly name: string;
  readonly parameters?: unknown;
}

/** A call as `renderToolCalls` takes it; `arguments` is JSON text of an object. */
export interface RenderableCall {
  readonly name: string;
  readonly arguments: string;
}

/** Names under which other projects know a format. */
export interface FormatAliases {
  readonly smg?: readonly string[];
  readonly vllm?: readonly string[];
  readonly sglang?: readonly string[];
}

/** What an id may depend on. `index` counts the calls of this output, `history` those of earlier turns. */
export interface CallIdentity {
  readonly index: number;
  readonly name: string;
  readonly nativeId: string | undefined;
  readonly history: number;
}

export interface ToolFormat {
  /** Canonical name. */
  readonly name: string;
  readonly aliases: FormatAliases;
  /** Every literal of the format: decides which special tokens must reach the parser. */
  readonly markers: readonly string[];
  /** End-of-turn tokens that are dropped outside of calls. */
  readonly discard?: readonly string[];
  readonly rules?: RuleChanges;
  /** The id of a call; absent: `call_` and 32 hexadecimal digits. */
  readonly id?: (call: CallIdentity) => string;
  /** Validity is known only at the end of a call: commit closed calls only, whatever the options say. */
  readonly commit?: "closed";
  /** Reads the whole output. Text that it does not claim as a call stays text. */
  readonly read: (reader: ToolReader) => Task;
  /** The inverse: how a model writes these calls. */
  readonly render: (calls: readonly RenderableCall[]) => string;
}
