// What the two state machines (compat; recover and strict) have in common.

import type { Diagnostic } from "./diagnostics.ts";
import type { HarmonyEvent } from "./events.ts";
import type { Header } from "./header.ts";
import type { Role } from "./message.ts";
import type { ParsedMessage } from "./parsed-message.ts";
import type { CoreFields, StreamState } from "./parser-fields.ts";
import type { TokenLog } from "./token-log.ts";

export type { StreamState } from "./parser-fields.ts";

/** Why the engine stopped, as far as it said. */
export type FinishReason = "stop" | "length" | "call";

export interface ParserCore {
  readonly state: StreamState;
  log: TokenLog;
  messages: ParsedMessage[];
  diagnostics: Diagnostic[];
  /** The header of the message whose content is being read. */
  readonly header: Header | undefined;
  /** The role that the prompt gave to the header being read. */
  readonly pendingRole: Role | undefined;
  /** Ids of the header being read. */
  readonly headerTokens: readonly number[];
  /** First content token of the open message. */
  readonly contentStart: number;
  /** Text of the open message so far. */
  readonly content: string;
  /** What the latest token added to the content. */
  readonly delta: string | undefined;
  /** Units read so far: tokens, or UTF-16 units of text. */
  readonly position: number;
  /** Reads one token, which is in the log already; where it goes to is recorded as events in `sink`, if there is one. */
  step(id: number, sink: HarmonyEvent[] | undefined): void;
  finish(reason: FinishReason | undefined, sink: HarmonyEvent[] | undefined): void;
  /** An independent copy. */
  clone(): ParserCore;
  /** Everything but the messages, the diagnostics and the log. */
  saveFields(): CoreFields;
  restoreFields(fields: CoreFields): void;
}
