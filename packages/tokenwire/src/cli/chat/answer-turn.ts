// One answer with all the calls it makes.

import { type ChoiceEvent, emptyUsage, type TokenUsage } from "../../protocol/index.ts";
import { answerCall, type CallRunnerOptions } from "./call-runner.ts";
import type { ChatSession, RawView, TurnResult } from "./session.ts";

/** Calls without an answer, after which someone has to say whether to go on. */
const maxToolRounds = 32;

/** The model calls and calls, and nobody lets it go on. */
export class ToolLimit extends Error {}

export interface TurnOptions {
  readonly session: ChatSession;
  readonly show: (event: ChoiceEvent, tokens: number) => Promise<void> | undefined;
  readonly runner: CallRunnerOptions;
  readonly signal: AbortSignal;
  readonly raw?: RawView | undefined;
}

/** What the rounds of a turn came to. */
export interface AnsweredTurn extends TurnResult {
  /** Tokens of the tools' results, as far as a later prompt counted them. */
  readonly toolTokens: number;
  /** Tokens of all rounds together; `usage` is that of the last. */
  readonly total: TokenUsage;
}

/** Lets the model answer, running or asking for the results of what it calls. */
export async function answerTurn(options: TurnOptions): Promise<AnsweredTurn> {
  const { session, show, runner, signal, raw } = options;
  const total = emptyUsage(0);
  let toolTokens = 0;
  for (let round = 1; ; round++) {
    const turn = await session.turn(show, signal, raw);
    total.promptTokens += turn.usage.promptTokens;
    total.completionTokens += turn.usage.completionTokens;
    total.cachedTokens += turn.usage.cachedTokens;
    total.reasoningTokens += turn.usage.reasoningTokens;
    if (turn.calls.length === 0) return { ...turn, toolTokens, total };
    if (round % maxToolRounds === 0 && !(await goesOn(round, runner)))
      throw new ToolLimit(`The model called tools ${round} times without an answer.`);
    for (const call of turn.calls) {
      const content = await answerCall(call, runner, signal);
      toolTokens += session.model.profile.tokenizer.count(content);
      session.messages.push({ role: "tool", toolCallId: call.id, name: call.name, content });
    }
  }
}

async function goesOn(rounds: number, { ask }: CallRunnerOptions): Promise<boolean> {
  const answer = await ask?.(`The model called tools ${rounds} times without an answer. Go on? [y/N] `);
  return /^y(es)?$/i.test(answer?.trim() ?? "");
}

/** Figures of a turn, for the line below it. */
export function describeTurn({
  usage,
  totalMs,
  firstTokenMs,
  contextUsed,
  toolTokens,
}: AnsweredTurn): string {
  const { promptTokens, cachedTokens, completionTokens, reasoningTokens } = usage;
  const perSecond = (completionTokens / (totalMs / 1000)).toFixed(0);
  return [
    `${promptTokens} prompt${cachedTokens > 0 ? ` (${cachedTokens} cached)` : ""} + ${completionTokens} tokens (${reasoningTokens} reasoning)`,
    ...(toolTokens > 0 ? [`${toolTokens} from tools`] : []),
    `${perSecond}/s, first after ${firstTokenMs.toFixed(0)} ms`,
    `${(100 * contextUsed).toFixed(0)} % of the context`,
  ].join(", ");
}
