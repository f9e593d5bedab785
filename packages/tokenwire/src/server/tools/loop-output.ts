// What a loop of answers and calls tells of itself, to whoever shows it to a client: as the items of a response, or as
// one chat completion.

import type { ChoiceEvent, RecordedCall, ToolOutcome } from "../../protocol/index.ts";
import type { ToolEntry } from "./toolkit.ts";

/** A call whose arguments are complete. */
export interface WrittenCall {
  /** As the model wrote it, `functions.` left out. */
  readonly name: string;
  readonly id: string;
  readonly arguments: string;
  /** Who runs it. Absent: nothing has this name, and `message` says so. */
  readonly target?: { readonly entry: ToolEntry; readonly function: string };
  readonly message?: string;
  /** To whom it is recorded; default: as the model addressed it. */
  readonly recipient?: string;
}

/** How an answer is read. */
export interface AnswerContext {
  /** Whether another call may run. */
  readonly mayCall: () => boolean;
  /** How the model addressed the next call of this name in its answer; known once the answer is over. */
  readonly header: (name: string) => Omit<RecordedCall, "arguments" | "output">;
}

/** Reads one answer of the model and shows it. */
export interface AnswerReader<Call extends WrittenCall = WrittenCall> {
  /** The call that is to be run next. */
  readonly pending: Call | undefined;
  /** That one and those behind it; not those that somebody else answers or is asked about. */
  readonly ready: readonly WrittenCall[];
  /** The client has something to answer: a call of its function, or an approval. */
  readonly returned: boolean;
  push(events: readonly ChoiceEvent[]): void;
  /** The answer is over, or the pending call has run. */
  resume(): void;
}

export interface LoopOutput<Call extends WrittenCall = WrittenCall> {
  /** Nothing more is to be generated. */
  readonly stopped: boolean;
  /** The answer ends here for another reason than the model's. */
  stop(reason: "max_output_tokens" | "max_tool_calls"): void;
  /** The engine works on an answer. */
  start(): void;
  read(context: AnswerContext): AnswerReader<Call>;
  /** A call has run. */
  finished(call: Call, outcome: ToolOutcome, record: RecordedCall): void;
}
