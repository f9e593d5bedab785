// One choice of a request: one engine call, its tokens parsed and handed on, its time limits, counts and metrics.

import type { OutputParser } from "@tokenwire/core/parsers";
import type { GenerateEvent, GenerateRequest } from "../engines/index.ts";
import {
  ApiError,
  type ChoiceEvent,
  ChoiceOutput,
  type ChoiceOutputOptions,
  checkLogprobs,
  type GenerationPlan,
  type SampledLogprob,
  type TokenUsage,
} from "../protocol/index.ts";
import type { Cancellation } from "./cancellation.ts";
import { Deadlines } from "./deadlines.ts";
import { toApiError } from "./errors.ts";
import { EventPull, type EventTaker, type Failure } from "./event-pull.ts";
import type { ServedModel } from "./models.ts";
import type { EngineCall, GenerationObserver } from "./observability/observer.ts";
import type { ServerSettings } from "./options.ts";
import type { RequestedRouting } from "./routing.ts";

type StartEvent = Extract<GenerateEvent, { type: "start" }>;

/** Takes the events of a generation. */
export interface ChoiceSink {
  /** The engine accepted the request for a choice. */
  start?(choice: number, promptLogprobs: StartEvent["promptLogprobs"]): void;
  push(
    choice: number,
    events: readonly ChoiceEvent[],
    tokenIds: readonly number[],
    logprobs?: readonly SampledLogprob[],
  ): void;
  /** A promise while the reader is behind. */
  readonly pressure?: Promise<void> | undefined;
  /** Milliseconds that text may wait for more of its kind. Default 0: it is pushed as it comes. */
  readonly coalesceMs?: number;
}

export interface GenerationOptions {
  readonly id: string;
  readonly model: ServedModel;
  /** One engine call per choice, in the order of the choices. */
  readonly plans: readonly GenerationPlan[];
  readonly createParser: () => OutputParser;
  readonly output: ChoiceOutputOptions;
  readonly signal: Cancellation;
  readonly timeouts: ServerSettings["timeouts"];
  /** Counts as generation goes on; the caller has filled in the prompt. */
  readonly usage: TokenUsage;
  /** Where the client wants it to go. */
  readonly routing?: RequestedRouting | undefined;
  /** Told what happens. */
  readonly observer?: GenerationObserver;
  /** Told about what parsers had to repair. */
  readonly onDiagnostic?: (code: string) => void;
}

const noTokens: readonly number[] = [];

/** Whoever waits for a run. */
export interface RunOwner {
  /** Called once, with what the engine raised or the reason given to `stop`. */
  ended(failure: Failure | undefined): void;
}

/** What outlives the beginning: the rest of the options, prompts among it, is let go when the engine has been called. */
type RunOptions = Pick<GenerationOptions, "model" | "observer" | "onDiagnostic">;

export class ChoiceRun implements EventTaker<GenerateEvent> {
  readonly #options: RunOptions;
  readonly #choice: number;
  readonly #sink: ChoiceSink;
  readonly #owner: RunOwner;
  readonly #output: ChoiceOutput;
  readonly #abort: AbortController = new AbortController();
  readonly #usage: TokenUsage;
  readonly #content: GenerationObserver["content"];
  #call: EngineCall | undefined;
  #reason: string | undefined;
  #deadlines: Deadlines | undefined;
  #pull: EventPull<GenerateEvent> | undefined;
  #finished = false;
  #ended = false;
  #counted = 0;
  #reasoning = 0;
  readonly #started: number = performance.now();
  #firstAt = 0;

  constructor(options: GenerationOptions, choice: number, sink: ChoiceSink, owner: RunOwner) {
    const { model, observer, onDiagnostic } = options;
    this.#options = { model, ...(observer && { observer }), ...(onDiagnostic && { onDiagnostic }) };
    this.#choice = choice;
    this.#sink = sink;
    this.#owner = owner;
    this.#usage = options.usage;
    this.#content = options.observer?.content;
    this.#output = new ChoiceOutput(options.createParser(), options.output);
  }

  /** Calls the engine; its owner is told when it has ended. */
  start(options: GenerationOptions): void {
    const { signal } = this.#abort;
    if (signal.aborted) {
      this.#owner.ended({ reason: signal.reason });
      return;
    }
    this.#deadlines = new Deadlines(options.timeouts, this);
    try {
      this.#pull = new EventPull(options.model.engine.generate(this.#request(options), signal), this);
    } catch (error) {
      this.end({ reason: error });
    }
  }

  end(failure: Failure | undefined): void {
    this.#ended = true;
    this.#deadlines!.stop();
    const final = failure ?? this.#closed();
    this.#endCall(final ? { error: final.reason } : {});
    this.#owner.ended(final);
  }

  /** Aborts the engine call and ends the run at once, even if the engine ignores its signal. Nothing after the end. */
  stop(reason: unknown): void {
    if (this.#ended) return;
    this.#abort.abort(reason);
    this.#pull?.stop(reason);
  }

  #request(options: GenerationOptions): GenerateRequest {
    const { plans, id, model, observer, routing } = options;
    const plan = plans[this.#choice]!;
    const requestId = plans.length === 1 ? id : `${id}-${this.#choice}`;
    const request: GenerateRequest = { requestId, ...plan };
    if (routing) request.routing = { ...plan.routing, ...routing };
    this.#call = observer?.call?.(options, request);
    if (this.#call) request.headers = this.#call.headers;
    // An engine that takes text only has its own tokenizer; control tokens reach it as their text.
    if (model.info.capabilities.input === "text") {
      request.prompt = { text: model.profile.tokenizer.decode(plan.prompt.tokenIds) };
    }
    return request;
  }

  #endCall(outcome: { readonly error?: unknown }): void {
    const reason = this.#reason;
    this.#call?.end({ ...outcome, tokens: this.#counted, ...(reason !== undefined && { reason }) });
  }

  take(event: GenerateEvent): boolean {
    const more = this.#handle(event);
    if (!more) this.#ended = true;
    return more;
  }

  /** False: this was the last event that is wanted. */
  #handle(event: GenerateEvent): boolean {
    switch (event.type) {
      case "start":
        if (event.cachedTokens !== undefined) this.#usage.cachedTokens = event.cachedTokens;
        this.#sink.start?.(this.#choice, event.promptLogprobs);
        return true;
      case "delta":
        if (event.logprobs) checkLogprobs(event.logprobs);
        this.#deadlines!.progress();
        this.#emit(this.#output.push(event.tokenIds, event.logprobs), event.tokenIds, event.logprobs);
        return !this.#output.done;
      case "text":
        this.#deadlines!.progress();
        this.#emit(this.#output.pushText(event.text, this.#countTokens(event.text)), noTokens);
        return !this.#output.done;
      case "finish":
        this.#finished = true;
        this.#finish(event);
        return false;
    }
  }

  get pressure(): Promise<void> | undefined {
    return this.#sink.pressure;
  }

  hold(): void {
    this.#deadlines!.hold();
  }

  resume(): void {
    this.#deadlines!.resume();
  }

  /** Engines that speak text do not say how many tokens it was. */
  #countTokens(text: string): number {
    return this.#options.model.profile.tokenizer.count(text);
  }

  #finish(event: Extract<GenerateEvent, { type: "finish" }>): void {
    if (event.reason === "error" || event.error) {
      throw toApiError(event.error ?? new ApiError(500, "The engine failed while generating."));
    }
    if (event.reason === "abort") {
      throw (
        this.#abort.signal.reason ?? new ApiError(500, "The engine stopped before the answer was complete.")
      );
    }
    if (event.usage?.cachedTokens !== undefined) this.#usage.cachedTokens = event.usage.cachedTokens;
    this.#emit(this.#output.finish(event.reason, event.matched), noTokens);
    this.#report(event.reason);
  }

  /**
   * Finishes a choice that ended here, by a stop string or after the only allowed call. What is wrong where the engine
   * forgot to finish.
   */
  #closed(): Failure | undefined {
    if (this.#finished) return undefined;
    if (!this.#output.done)
      return { reason: new ApiError(500, "The engine ended without finishing its answer.") };
    try {
      this.#emit(this.#output.finish("stop"), noTokens);
      this.#report("stop");
    } catch (error) {
      return { reason: error };
    }
    return undefined;
  }

  #emit(
    events: readonly ChoiceEvent[],
    tokenIds: readonly number[],
    logprobs?: readonly SampledLogprob[],
  ): void {
    const usage = this.#usage;
    const { completionTokens, reasoningTokens } = this.#output;
    usage.completionTokens += completionTokens - this.#counted;
    this.#counted = completionTokens;
    usage.reasoningTokens += reasoningTokens - this.#reasoning;
    this.#reasoning = reasoningTokens;
    if (this.#firstAt === 0 && tokenIds.length > 0) {
      this.#firstAt = performance.now();
      this.#options.observer?.firstToken(this.#options.model.id, this.#firstAt - this.#started);
      this.#call?.firstToken(this.#firstAt - this.#started);
    }
    if (events.length > 0) this.#content?.(this.#choice, events);
    if (events.length > 0 || tokenIds.length > 0) this.#sink.push(this.#choice, events, tokenIds, logprobs);
  }

  #report(reason: string): void {
    const { observer, model, onDiagnostic } = this.#options;
    const now = performance.now();
    this.#reason = reason;
    observer?.finished(model.id, reason, this.#counted, now - this.#started, now - this.#firstAt);
    for (const { code } of this.#output.diagnostics) {
      observer?.repaired(parserOf(model), code);
      onDiagnostic?.(code);
    }
  }
}

/** Which parser reads the answers of a model, for the metrics. */
function parserOf({ profile: { format, toolParser, reasoningParser } }: ServedModel): string {
  return format.kind === "harmony" ? "harmony" : (toolParser ?? reasoningParser ?? "none");
}
