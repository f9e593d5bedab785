// Runs an engine for every choice of a request and hands the events on. Pulls only as fast as the reader reads; stops
// the engine when the client leaves, a stop string matched, or a time limit passed, and never after a normal end.

import type { OutputParser } from "@tokenwire/core/parsers";
import type { GenerateEvent, GenerateRequest } from "../engines/index.ts";
import {
  ApiError,
  type ChoiceEvent,
  ChoiceOutput,
  type ChoiceOutputOptions,
  type GenerationPlan,
  type SampledLogprob,
  type TokenUsage,
} from "../protocol/index.ts";
import { toApiError } from "./errors.ts";
import type { ServedModel } from "./models.ts";
import type { EngineCall, GenerationObserver } from "./observability/observer.ts";
import type { ServerSettings } from "./options.ts";

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
}

export interface GenerationOptions {
  readonly id: string;
  readonly model: ServedModel;
  /** One engine call per choice, in the order of the choices. */
  readonly plans: readonly GenerationPlan[];
  readonly createParser: () => OutputParser;
  readonly output: Omit<ChoiceOutputOptions, "parser">;
  readonly signal: AbortSignal;
  readonly timeouts: ServerSettings["timeouts"];
  /** Counts as generation goes on; the caller has filled in the prompt. */
  readonly usage: TokenUsage;
  /** Told what happens. */
  readonly observer?: GenerationObserver;
  /** Told about what parsers had to repair. */
  readonly onDiagnostic?: (code: string) => void;
}

/** The calls for `n` answers to one prompt: equal but for the seed. */
export function repeatPlan(plan: GenerationPlan, n: number): GenerationPlan[] {
  const { seed } = plan.sampling;
  return Array.from({ length: n }, (_, choice) =>
    seed === undefined || choice === 0
      ? plan
      : { ...plan, sampling: { ...plan.sampling, seed: seed + choice } },
  );
}

/** Generates all choices, concurrently. Raises `ApiError` when the engine fails. */
export async function generateChoices(options: GenerationOptions, sink: ChoiceSink): Promise<void> {
  const { observer } = options;
  observer?.begin?.(options);
  const failure = new AbortController();
  const signal = AbortSignal.any([options.signal, failure.signal]);
  const choices = options.plans.map(async (_, choice) => {
    try {
      await new ChoiceRun({ ...options, signal }, choice, sink).run();
    } catch (error) {
      // One failed choice ends the request: the others must not go on generating for nobody.
      failure.abort(error);
      throw error;
    }
  });
  const results = await Promise.allSettled(choices);
  const { promptTokens, completionTokens, cachedTokens, reasoningTokens } = options.usage;
  observer?.tokens(options.model.id, promptTokens, completionTokens, cachedTokens, reasoningTokens);
  const failed = results.find((result) => result.status === "rejected");
  if (failed === undefined) return;
  const reason: unknown = failure.signal.aborted ? failure.signal.reason : failed.reason;
  observer?.aborted(causeOf(reason));
  throw reason;
}

/** Why a generation ended early, in one of few words. */
function causeOf(reason: unknown): string {
  if (!(reason instanceof ApiError)) return "engine";
  if (reason.status === 499) return "client";
  return reason.status === 504 ? "timeout" : reason.status === 503 ? "shutdown" : "engine";
}

/**
 * Events after which the event loop gets a turn. An engine in this process may never leave it one, and then nothing
 * is sent and no disconnect is seen; with one turn per two tokens an engine stops within 8 tokens of a disconnect.
 */
const stepsPerTurn = 2;

/** Resolves in the next turn. (The one of node:timers/promises checks options and signals, at twice the cost.) */
function nextTurn(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}

class ChoiceRun {
  readonly #options: GenerationOptions;
  readonly #choice: number;
  readonly #usage: TokenUsage;
  readonly #sink: ChoiceSink;
  readonly #output: ChoiceOutput;
  readonly #abort = new AbortController();
  #reject: ((reason: unknown) => void) | undefined;
  #call: EngineCall | undefined;
  #reason: string | undefined;
  #counted = 0;
  #reasoning = 0;
  readonly #started = performance.now();
  #firstAt = 0;

  constructor(options: GenerationOptions, choice: number, sink: ChoiceSink) {
    this.#options = options;
    this.#choice = choice;
    this.#usage = options.usage;
    this.#sink = sink;
    this.#output = new ChoiceOutput({ ...options.output, parser: options.createParser() });
  }

  async run(): Promise<void> {
    const { signal, timeouts, model } = this.#options;
    const stop = (reason: unknown): void => {
      this.#abort.abort(reason);
      this.#reject?.(reason);
    };
    const onAbort = (): void => stop(signal.reason);
    if (signal.aborted) throw signal.reason;
    signal.addEventListener("abort", onAbort, { once: true });
    const idle = timer(timeouts.firstToken, () => stop(timeoutError("its first token", timeouts.firstToken)));
    const total = timer(timeouts.total, () => stop(timeoutError("the answer", timeouts.total)));
    let between: NodeJS.Timeout | undefined;
    const iterator = model.engine.generate(this.#request(), this.#abort.signal)[Symbol.asyncIterator]();
    let finished = false;
    let failure: unknown;
    let steps = 0;
    try {
      for (;;) {
        const step = await this.#next(iterator);
        if (step.done) break;
        if (step.value.type === "delta" || step.value.type === "text") {
          clearTimeout(idle);
          between ??= timer(timeouts.betweenTokens, () =>
            stop(timeoutError("its next token", timeouts.betweenTokens)),
          );
          between?.refresh();
        }
        this.#handle(step.value);
        if (step.value.type === "finish") {
          finished = true;
          break;
        }
        if (this.#output.done) break;
        const { pressure } = this.#sink;
        if (pressure) await this.#wait(pressure, between);
        else if (++steps % stepsPerTurn === 0) await nextTurn();
      }
      if (!finished) this.#close();
    } catch (error) {
      failure = error;
      throw error;
    } finally {
      this.#call?.end({
        tokens: this.#counted,
        ...(this.#reason !== undefined && { reason: this.#reason }),
        ...(failure !== undefined && { error: failure }),
      });
      clearTimeout(idle);
      clearTimeout(total);
      clearTimeout(between);
      signal.removeEventListener("abort", onAbort);
      // Not awaited: an engine that hangs must not hang the request. Ending a finished iterator does nothing.
      iterator.return?.().catch(() => undefined);
    }
  }

  #request(): GenerateRequest {
    const { plans, id, model, observer } = this.#options;
    const plan = plans[this.#choice]!;
    const requestId = plans.length === 1 ? id : `${id}-${this.#choice}`;
    const request: GenerateRequest = { ...plan, requestId };
    this.#call = observer?.call?.(this.#options, request);
    if (this.#call) request.headers = this.#call.headers;
    // An engine that takes text only has its own tokenizer; control tokens reach it as their text.
    if (model.info.capabilities.input === "text") {
      request.prompt = { text: model.profile.tokenizer.decode(plan.prompt.tokenIds) };
    }
    return request;
  }

  /** The next event, or a rejection as soon as the request is aborted: an engine may ignore its signal. */
  #next(iterator: AsyncIterator<GenerateEvent>): Promise<IteratorResult<GenerateEvent>> {
    return this.#abortable(iterator.next());
  }

  #abortable<T>(promise: Promise<T>): Promise<T> {
    return new Promise((resolve, reject) => {
      this.#reject = reject;
      if (this.#abort.signal.aborted) reject(this.#abort.signal.reason);
      promise.then(resolve, reject);
    });
  }

  /** Waits for the reader. The engine is not to blame for the pause. */
  async #wait(pressure: Promise<void>, between: NodeJS.Timeout | undefined): Promise<void> {
    await this.#abortable(pressure);
    between?.refresh();
  }

  #handle(event: GenerateEvent): void {
    switch (event.type) {
      case "start":
        if (event.cachedTokens !== undefined) this.#usage.cachedTokens = event.cachedTokens;
        this.#sink.start?.(this.#choice, event.promptLogprobs);
        return;
      case "delta":
        this.#emit(this.#output.push(event.tokenIds, event.logprobs), event.tokenIds, event.logprobs);
        return;
      case "text":
        this.#emit(this.#output.pushText(event.text, this.#countTokens(event.text)), []);
        return;
      case "finish":
        this.#finish(event);
    }
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
    this.#emit(this.#output.finish(event.reason, event.matched), []);
    this.#report(event.reason);
  }

  /** The choice ended here, by a stop string or after the only allowed call, or the engine forgot to finish. */
  #close(): void {
    if (!this.#output.done) throw new ApiError(500, "The engine ended without finishing its answer.");
    this.#emit(this.#output.finish("stop"), []);
    this.#report("stop");
  }

  #emit(
    events: readonly ChoiceEvent[],
    tokenIds: readonly number[],
    logprobs?: readonly SampledLogprob[],
  ): void {
    this.#usage.completionTokens += this.#output.completionTokens - this.#counted;
    this.#counted = this.#output.completionTokens;
    if (this.#firstAt === 0 && tokenIds.length > 0) {
      this.#firstAt = performance.now();
      this.#options.observer?.firstToken(this.#options.model.id, this.#firstAt - this.#started);
      this.#call?.firstToken(this.#firstAt - this.#started);
    }
    this.#usage.reasoningTokens += this.#output.reasoningTokens - this.#reasoning;
    this.#reasoning = this.#output.reasoningTokens;
    if (events.length > 0) this.#options.observer?.content?.(this.#choice, events);
    if (events.length > 0 || tokenIds.length > 0) this.#sink.push(this.#choice, events, tokenIds, logprobs);
  }

  #report(reason: string): void {
    const { observer, model, onDiagnostic } = this.#options;
    const now = performance.now();
    this.#reason = reason;
    observer?.finished(model.id, reason, this.#counted, now - this.#started, now - this.#firstAt);
    for (const { code } of this.#output.diagnostics) {
      observer?.repaired(code);
      onDiagnostic?.(code);
    }
  }
}

function timer(milliseconds: number, fire: () => void): NodeJS.Timeout | undefined {
  return milliseconds > 0 ? setTimeout(fire, milliseconds).unref() : undefined;
}

function timeoutError(what: string, milliseconds: number): ApiError {
  return new ApiError(504, `The engine did not produce ${what} within ${milliseconds / 1000} s.`, {
    wireCode: "timeout",
  });
}
