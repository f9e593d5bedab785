// Generates, runs the calls of the answer, gives the model their results and generates again, until there is an answer,
// something for the client to do, or a limit.

import {
  type ApprovedCall,
  type ChoiceEvent,
  emptyUsage,
  type GenerationPlan,
  type ResponseEncoder,
  type ResponseEvent,
  type TokenUsage,
  type ToolOutcome,
  toolListEvents,
} from "../../../protocol/index.ts";
import type { Observation } from "../../observability/observation.ts";
import type { ServerToolOptions } from "./options.ts";
import type { AnswerRecord, FinishedCall, NextPrompt, Rounds } from "./rounds.ts";
import { runCall } from "./run-call.ts";
import { ToolStream, type WrittenCall } from "./tool-stream.ts";
import type { HostedEntry, Toolkit } from "./toolkit.ts";

/** One engine call of the loop. */
export interface Round extends NextPrompt {
  readonly plan: GenerationPlan;
  readonly usage: TokenUsage;
}

type PlannedRound = Omit<Round, "usage">;

export interface RoundSink {
  started(): void;
  push(events: readonly ChoiceEvent[], tokenIds: readonly number[]): void;
}

export interface ToolLoopOptions {
  readonly encoder: ResponseEncoder;
  readonly rounds: Rounds;
  readonly toolkit: Toolkit;
  readonly limits: ServerToolOptions;
  readonly maxToolCalls: number | undefined;
  readonly approved: readonly ApprovedCall[];
  readonly first: PlannedRound;
  /** Plans a later round; undefined when nothing more fits the context or the output limit. */
  readonly plan: (next: NextPrompt, sampledTokens: number) => GenerationPlan | undefined;
  /** Runs the engine. */
  readonly generate: (round: Round, sink: RoundSink) => Promise<void>;
  readonly emit: (events: readonly ResponseEvent[]) => void;
  /** Announces the response, once. */
  readonly start: () => void;
  readonly usage: TokenUsage;
  readonly signal: AbortSignal;
  readonly observation: Observation;
}

export class ToolLoop {
  readonly #options: ToolLoopOptions;
  readonly #maxCalls: number;
  #calls = 0;
  #listed = false;

  constructor(options: ToolLoopOptions) {
    this.#options = options;
    this.#maxCalls = Math.min(
      options.maxToolCalls ?? Number.POSITIVE_INFINITY,
      options.limits.maxCalls ?? 64,
    );
  }

  async run(): Promise<void> {
    const { first, approved, encoder, usage } = this.#options;
    usage.promptTokens = 0;
    let round: PlannedRound | undefined = first;
    if (approved.length > 0) {
      this.#start();
      round = await this.#runApproved(approved);
    }
    while (round !== undefined && !encoder.stopped) round = await this.#round(round);
  }

  /** One answer with its calls; the next round, if there is to be one. */
  async #round(round: PlannedRound): Promise<PlannedRound | undefined> {
    const { encoder, toolkit, emit, rounds } = this.#options;
    const usage = emptyUsage(round.prompt.tokenIds.length);
    const answer = rounds.begin(round);
    const stream = new ToolStream({
      encoder,
      toolkit,
      mayCall: () => this.#calls < this.#maxCalls,
      header: (name) => answer.header(name),
    });
    try {
      await this.#options.generate(
        { ...round, usage },
        {
          started: () => this.#start(),
          push: (events, tokenIds) => {
            answer.push(events, tokenIds);
            emit(stream.push(events));
          },
        },
      );
    } finally {
      this.#count(usage);
    }
    if (stream.pending === undefined) emit(stream.resume());
    const running = round.conversation.parallelToolCalls ? this.#startAll(stream) : new Map();
    const finished: FinishedCall[] = [];
    while (stream.pending !== undefined && !encoder.stopped) {
      finished.push(await this.#finishCall(stream.pending, answer, running));
      emit(stream.resume());
    }
    if (stream.returned || finished.length === 0 || encoder.stopped) return undefined;
    return this.#plan(await answer.next(finished));
  }

  /** Starts the calls of an answer together, in their order; their results are told in the same order. */
  #startAll(stream: ToolStream): Map<string, Promise<ToolOutcome>> {
    const running = new Map<string, Promise<ToolOutcome>>();
    // A call that nobody answers counts too.
    for (const { id, entry, route, arguments: text } of stream.ready.slice(0, this.#maxCalls - this.#calls)) {
      if (entry === undefined || route === undefined) continue;
      const outcome = this.#run(entry, route.function, text);
      // Waited for one after the other: after an abort nobody may come for the later ones.
      outcome.catch(() => undefined);
      running.set(id, outcome);
    }
    return running;
  }

  async #finishCall(
    call: WrittenCall,
    answer: AnswerRecord,
    running: ReadonlyMap<string, Promise<ToolOutcome>>,
  ): Promise<FinishedCall> {
    const header = answer.header(call.name);
    const { id, entry, item, route, arguments: text } = call;
    this.#calls++;
    const record = { ...header, recipient: route?.recipient ?? header.recipient, arguments: text };
    if (entry === undefined || item === undefined || route === undefined) {
      return { id, call: record, text: call.message ?? "" };
    }
    const outcome = await (running.get(id) ?? this.#run(entry, route.function, text));
    const { encoder, emit } = this.#options;
    const done = item.done(text, outcome, { ...record, output: outcome.text });
    emit([...encoder.tool(item.ended(outcome)), ...encoder.endTool(done)]);
    return { id, call: record, text: outcome.text };
  }

  #run(entry: HostedEntry, functionName: string, text: string): Promise<ToolOutcome> {
    const { signal, limits, observation } = this.#options;
    const end = observation.tool(functionName, entry.label === undefined ? "function" : "mcp");
    const outcome = runCall(entry.tool, { function: functionName, arguments: text }, signal, {
      timeout: limits.callTimeout ?? 150_000,
      maxLength: limits.maxResultLength ?? 65_536,
    });
    outcome.then(
      ({ failed }) => end(failed === true),
      () => end(true),
    );
    return outcome;
  }

  /** Calls that an earlier response asked about and the client now allows: run before anything is generated. */
  async #runApproved(approved: readonly ApprovedCall[]): Promise<PlannedRound | undefined> {
    const { encoder, emit, first, rounds, toolkit } = this.#options;
    const finished: FinishedCall[] = [];
    for (const { call, name, label, requestId } of approved) {
      if (this.#calls++ >= this.#maxCalls) {
        encoder.stop("max_tool_calls");
        return undefined;
      }
      const entry = toolkit.entries.find((candidate) => candidate.label === label)!;
      const item = entry.createItem(name, requestId);
      const text = call.arguments;
      emit(encoder.beginTool(item.added, item.started));
      if (item.delta !== undefined && text !== "") emit(encoder.tool([[item.delta, { delta: text }]]));
      emit(encoder.tool(item.called(text)));
      const outcome = await this.#run(entry, name, text);
      const record = { ...call, output: outcome.text };
      emit([...encoder.tool(item.ended(outcome)), ...encoder.endTool(item.done(text, outcome, record))]);
      finished.push({ id: requestId, call, text: outcome.text });
    }
    return this.#plan(await rounds.withApproved(first, finished));
  }

  /** Undefined, and the response is incomplete, when nothing more fits. */
  #plan(next: NextPrompt): PlannedRound | undefined {
    const { plan, usage, encoder } = this.#options;
    const planned = plan(next, usage.completionTokens);
    if (planned !== undefined) return { ...next, plan: planned };
    encoder.stop("max_output_tokens");
    return undefined;
  }

  #start(): void {
    const { start, emit, encoder, toolkit } = this.#options;
    start();
    if (this.#listed) return;
    this.#listed = true;
    for (const list of toolkit.lists) {
      emit([...encoder.beginTool({ ...list, tools: [] }, toolListEvents(list)), ...encoder.endTool(list)]);
    }
  }

  #count(round: TokenUsage): void {
    const { usage } = this.#options;
    usage.promptTokens += round.promptTokens;
    usage.completionTokens += round.completionTokens;
    usage.cachedTokens += round.cachedTokens;
    usage.reasoningTokens += round.reasoningTokens;
  }
}
