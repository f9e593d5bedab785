// How a model's format goes from one answer to the next: what both formats have in common.

import type { ChoiceEvent, Conversation, Prompt, RecordedCall } from "../../protocol/index.ts";

/** How a model addressed a call. */
export type CallHeader = Omit<RecordedCall, "arguments" | "output">;

/** A call and its result, for the prompt. */
export interface FinishedCall {
  readonly id: string;
  readonly call: RecordedCall;
  readonly text: string;
}

/** What is generated next. */
export interface NextPrompt {
  readonly prompt: Prompt;
  /** The conversation as far as the answer's parser and the constraints depend on it. */
  readonly conversation: Conversation;
}

/** One answer while it is generated. */
export interface AnswerRecord {
  push(events: readonly ChoiceEvent[], tokenIds: readonly number[]): void;
  /** How the model addressed the next call of this name; asked when the answer is over. */
  header(name: string): CallHeader;
  /** The prompt after this answer and the results of its calls. */
  next(finished: readonly FinishedCall[]): Promise<NextPrompt>;
}

export interface Rounds {
  /** An answer to this prompt begins. */
  begin(round: NextPrompt): AnswerRecord;
  /** The first prompt with calls that were approved, and their results, before its answer. */
  withApproved(first: NextPrompt, finished: readonly FinishedCall[]): Promise<NextPrompt>;
}

/** Only the first answer has to call: what comes of its calls is for the model to say. */
export function afterCalls(conversation: Conversation): Conversation {
  const { mode, allowed, named } = conversation.toolChoice;
  if (mode !== "required") return conversation;
  return { ...conversation, toolChoice: { mode: "auto", ...(allowed && !named && { allowed }) } };
}
