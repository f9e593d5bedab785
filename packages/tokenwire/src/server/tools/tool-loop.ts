// Generates, runs the calls of the answer, gives the model their results and generates again, until there is an answer,
// something for the client to do, or a limit.

import {
  ApiError,
  type ChoiceEvent,
  emptyUsage,
  type GenerationPlan,
  type RecordedCall,
  type TokenUsage,
  type ToolOutcome,
} from "../../protocol/index.ts";
import type { Observation } from "../observability/observation.ts";
import type { LoopOutput, WrittenCall } from "./loop-output.ts";
import type { ServerToolOptions } from "./options.ts";
import type { FinishedCall, NextPrompt, Rounds } from "./rounds.ts";
import { runCall } from "./run-call.ts";
import type { ToolEntry, Toolkit } from "./toolkit.ts";

/** One engine call of the loop. */
export interface Round extends NextPrompt {
  readonly plan: GenerationPlan;
  readonly usage: TokenUsage;
  /** Aborted with the request, and when its time is over. */
  readonly signal: AbortSignal;
}

type PlannedRound = Omit<Round, "usage" | "signal">;

export interface RoundSink {
  started(): void;
  push(events: readonly ChoiceEvent[], tokenIds: readonly number[]): void;
}

/** A call that was allowed after it had been written. */
export interface ApprovedStart<Call extends WrittenCall = WrittenCall> {
  readonly id: string;
  readonly call: RecordedCall;
  /** Tells that it begins; what is to be run. */
  begin(): Call;
}

export interface ToolLoopOptions<Call extends WrittenCall = WrittenCall> {
  readonly output: LoopOutput<Call>;
  readonly rounds: Rounds;
  readonly toolkit: Toolkit;
  readonly limits: ServerToolOptions;
  /** Calls at most. */
  readonly maxCalls: number;
  /** Milliseconds for everything; 0: no limit. */
  readonly totalTime: number;
  /** Calls that run before anything is generated. */
  readonly approved?: readonly ApprovedStart<Call>[];
  readonly first: PlannedRound;
  /** Plans a later round; undefined when nothing more fits the context or the output limit. */
  readonly plan: (next: NextPrompt, sampledTokens: number) => GenerationPlan | undefined;
  /** Runs the engine. */
  readonly generate: (round: Round, sink: RoundSink) => Promise<void>;
  /** Counts over all rounds, as they go on. */
  readonly usage: TokenUsage;
  readonly signal: AbortSignal;
  readonly observation: Observation;
}

export class ToolLoop<Call extends WrittenCall = WrittenCall> {
  readonly #options: ToolLoopOptions<Call>;
  readonly #timeOver: AbortController = new AbortController();
  readonly #signal: AbortSignal;
  /** Of the rounds that are over. */
  readonly #spent: TokenUsage = emptyUsage();
  #calls = 0;

  constructor(options: ToolLoopOptions<Call>) {
    this.#options = options;
    this.#signal = AbortSignal.any([options.signal, this.#timeOver.signal]);
  }

  async run(): Promise<void> {
    const { first, approved = [], output, usage } = this.#options;
    usage.promptTokens = 0;
    const timer = this.#startTimer();
    try {
      let round: PlannedRound | undefined = approved.length > 0 ? await this.#runApproved(approved) : first;
      while (round !== undefined && !output.stopped) round = await this.#round(round);
    } finally {
      clearTimeout(timer);
    }
  }

  #startTimer(): NodeJS.Timeout | undefined {
    const { totalTime } = this.#options;
    if (totalTime === 0) return undefined;
    const message = `The answer was not complete within ${totalTime / 1000} s.`;
    const end = (): void => this.#timeOver.abort(new ApiError(504, message, { wireCode: "timeout" }));
    return setTimeout(end, totalTime).unref();
  }

  get #mayCall(): boolean {
    return this.#calls < this.#options.maxCalls;
  }

  /** One answer with its calls; the next round, if there is to be one. */
  async #round(round: PlannedRound): Promise<PlannedRound | undefined> {
    const { output, rounds } = this.#options;
    const usage = emptyUsage(round.prompt.tokenIds.length);
    const answer = rounds.begin(round);
    const reader = output.read({ mayCall: () => this.#mayCall, header: (name) => answer.header(name) });
    try {
      await this.#options.generate(
        { ...round, usage, signal: this.#signal },
        {
          started: () => output.start(),
          push: (events, tokenIds) => {
            answer.push(events, tokenIds);
            this.#count(usage);
            reader.push(events);
          },
        },
      );
    } finally {
      this.#count(usage);
      Object.assign(this.#spent, this.#options.usage);
    }
    if (reader.pending === undefined) reader.resume();
    const running = round.conversation.parallelToolCalls ? this.#startAll(reader.ready) : new Map();
    const finished: FinishedCall[] = [];
    while (reader.pending !== undefined && !output.stopped) {
      const call = reader.pending;
      finished.push(await this.#finishCall(call, answer.header(call.name), running.get(call.id)));
      reader.resume();
    }
    if (reader.returned || finished.length === 0 || output.stopped) return undefined;
    return this.#plan(await answer.next(finished));
  }

  /** Starts the calls of an answer together, in their order; their results are told in the same order. */
  #startAll(ready: readonly WrittenCall[]): Map<string, Promise<ToolOutcome>> {
    const running = new Map<string, Promise<ToolOutcome>>();
    // A call that nobody answers counts too.
    for (const call of ready.slice(0, this.#options.maxCalls - this.#calls)) {
      const outcome = this.#run(call);
      // Waited for one after the other: after an abort nobody may come for the later ones.
      outcome.catch(() => undefined);
      running.set(call.id, outcome);
    }
    return running;
  }

  async #finishCall(
    call: Call,
    header: Omit<RecordedCall, "arguments" | "output">,
    running: Promise<ToolOutcome> | undefined,
  ): Promise<FinishedCall> {
    this.#calls++;
    const { id, recipient = header.recipient, arguments: text } = call;
    const outcome = await (running ?? this.#run(call));
    const record: RecordedCall = { ...header, recipient, arguments: text };
    this.#options.output.finished(call, outcome, { ...record, output: outcome.text });
    return { id, call: record, text: outcome.text };
  }

  #run({ target, message = "", arguments: text }: WrittenCall): Promise<ToolOutcome> {
    return target === undefined
      ? Promise.resolve({ text: message, failed: true })
      : this.#runTool(target.entry, target.function, text);
  }

  #runTool(entry: ToolEntry, functionName: string, text: string): Promise<ToolOutcome> {
    const { limits, observation } = this.#options;
    const end = observation.tool(functionName, entry.label === undefined ? "function" : "mcp");
    const outcome = runCall(entry.tool, { function: functionName, arguments: text }, this.#signal, {
      timeout: limits.callTimeout ?? 150_000,
      maxLength: limits.maxResultLength ?? 65_536,
    });
    outcome.then(
      ({ failed }) => end(failed === true),
      () => end(true),
    );
    return outcome;
  }

  /** Calls that an earlier answer asked about and the client now allows: run before anything is generated. */
  async #runApproved(approved: readonly ApprovedStart<Call>[]): Promise<PlannedRound | undefined> {
    const { output, first, rounds } = this.#options;
    output.start();
    const finished: FinishedCall[] = [];
    for (const { id, call, begin } of approved) {
      if (!this.#mayCall) {
        output.stop("max_tool_calls");
        return undefined;
      }
      const { text } = await this.#finishCall(begin(), call, undefined);
      finished.push({ id, call, text });
    }
    return this.#plan(await rounds.withApproved(first, finished));
  }

  /** Undefined, and the answer is incomplete, when nothing more fits. */
  #plan(next: NextPrompt): PlannedRound | undefined {
    const { plan, usage, output } = this.#options;
    const planned = plan(next, usage.completionTokens);
    if (planned !== undefined) return { ...next, plan: planned };
    output.stop("max_output_tokens");
    return undefined;
  }

  /** What was counted before, and a round as far as it has come. */
  #count(round: TokenUsage): void {
    const { usage } = this.#options;
    const spent = this.#spent;
    usage.promptTokens = spent.promptTokens + round.promptTokens;
    usage.completionTokens = spent.completionTokens + round.completionTokens;
    usage.cachedTokens = spent.cachedTokens + round.cachedTokens;
    usage.reasoningTokens = spent.reasoningTokens + round.reasoningTokens;
  }
}
