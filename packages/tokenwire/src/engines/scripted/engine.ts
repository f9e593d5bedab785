// The scripted engine: emits exactly what it is told, when it is told, and keeps a record of what was asked of it. It
// stands in for a real engine in tests.

import { plainEngine } from "../capabilities.ts";
import {
  type Engine,
  EngineError,
  type EngineInfo,
  type EngineLoad,
  type GenerateEvent,
  type GenerateRequest,
  type TokenId,
} from "../engine.ts";
import { Answer, promptIds } from "./answer.ts";
import { type Clock, realClock } from "./clock.ts";
import {
  createFailure,
  createStatusFailure,
  type FailureType,
  failureTypes,
  isFailureType,
} from "./faults.ts";
import { checkLatency, type Latency, prefillTime, tokenTime } from "./latency.ts";
import { chooseScript, type Script, type ScriptStep } from "./script.ts";

/** What can be changed while the engine runs. */
export interface ScriptedSettings {
  /** Percentage of requests that fail before they start. */
  readonly failureRate: number;
  /** Failures to choose from. */
  readonly failureTypes: readonly FailureType[];
  readonly latency: Latency;
}

export interface ScriptedEngineOptions {
  /** Tried in order; the first that fits answers. Default: one that greets in harmony. */
  readonly scripts?: readonly Script[];
  readonly id?: string;
  /** Replaces parts of what `info` says. */
  readonly info?: Partial<EngineInfo>;
  readonly clock?: Clock;
  readonly settings?: Partial<ScriptedSettings>;
  /** Milliseconds after creation during which the engine is not healthy. */
  readonly startupMs?: number;
  /** Source of chance for failures and jitter. Default: `Math.random`. */
  readonly random?: () => number;
}

/** What happened to a request. */
export interface ScriptedCall {
  readonly request: GenerateRequest;
  /** How often the consumer asked for another event. */
  pulls: number;
  /** `running` until the answer is over; `aborted` when it was cut. */
  state: "running" | "finished" | "aborted" | "failed";
}

/** "Hello" on harmony's final channel. */
const greeting: Script = { steps: [{ tokens: [200005, 17196, 200008, 13225, 200002] }] };
const defaultContext = 131_072;
const defaultVocabulary = 201_088;
const harmonyStops: readonly TokenId[] = [200002, 200012];

/**
 * An engine that follows scripts.
 *
 * @example
 * const engine = createScriptedEngine({ scripts: [{ steps: [{ tokens: [1, 2, 3] }, { waitFor: "go" }] }] });
 * engine.release("go");
 */
export function createScriptedEngine(options: ScriptedEngineOptions = {}): ScriptedEngine {
  return new ScriptedEngine(options);
}

export class ScriptedEngine implements Engine {
  readonly id: string;
  /** Every request, in order of arrival. */
  readonly calls: ScriptedCall[] = [];
  readonly #options: ScriptedEngineOptions;
  readonly #clock: Clock;
  readonly #random: () => number;
  readonly #released = new Set<string>();
  readonly #gates = new Map<string, (() => void)[]>();
  #settings: ScriptedSettings;
  #ready: boolean;
  #closed = false;

  constructor(options: ScriptedEngineOptions) {
    this.#options = options;
    this.id = options.id ?? "scripted";
    this.#clock = options.clock ?? realClock;
    this.#random = options.random ?? Math.random;
    this.#settings = { failureRate: 0, failureTypes, latency: {} };
    if (options.settings !== undefined) this.configure(options.settings);
    this.#ready = options.startupMs === undefined;
    if (options.startupMs !== undefined) {
      this.#clock.wait(options.startupMs).then(
        () => {
          this.#ready = true;
        },
        () => undefined,
      );
    }
  }

  /** Requests being answered now. */
  get running(): number {
    return this.calls.filter((call) => call.state === "running").length;
  }

  get settings(): ScriptedSettings {
    return this.#settings;
  }

  /**
   * Changes settings, all or nothing.
   *
   * @throws EngineError `invalid_request` for an unknown field or a value out of range; nothing changes then.
   */
  configure(change: Partial<ScriptedSettings>): void {
    for (const [name, value] of Object.entries(change)) {
      if (!(name in this.#settings)) throw invalid(`Unknown setting "${name}".`);
      if (value === undefined) throw invalid(`Setting "${name}" is undefined.`);
    }
    const { failureRate = 0, failureTypes: types = [] } = change;
    if (!(failureRate >= 0 && failureRate <= 100)) throw invalid(`failureRate is ${failureRate}; 0 to 100.`);
    const unknown = types.find((type) => !isFailureType(type));
    if (unknown !== undefined) {
      throw invalid(`Unknown failure type "${unknown}". Known: ${failureTypes.join(", ")}.`);
    }
    checkLatency(change.latency ?? {});
    this.#settings = { ...this.#settings, ...change };
  }

  /** Lets scripts pass `waitFor: name`, now and later. */
  release(name: string): void {
    this.#released.add(name);
    for (const open of this.#gates.get(name) ?? []) open();
    this.#gates.delete(name);
  }

  async info(): Promise<EngineInfo> {
    return {
      engine: "tokenwire-scripted",
      model: "scripted",
      servedNames: ["scripted"],
      maxContext: defaultContext,
      vocabSize: defaultVocabulary,
      eosTokenIds: harmonyStops,
      capabilities: { ...plainEngine, logprobs: { maxTop: this.#hasLogprobs() ? 20 : 0, prompt: false } },
      ...this.#options.info,
    };
  }

  #hasLogprobs(): boolean {
    const steps = this.#options.scripts?.flatMap((script) => script.steps) ?? [];
    return steps.some((step) => "logprobs" in step);
  }

  async health(): Promise<{ ok: boolean; detail?: string }> {
    if (this.#closed) return { ok: false, detail: "The engine is closed." };
    return this.#ready ? { ok: true } : { ok: false, detail: "The engine is starting." };
  }

  async load(): Promise<EngineLoad> {
    return { running: this.running, waiting: 0 };
  }

  async close(): Promise<void> {
    this.#closed = true;
  }

  generate(request: GenerateRequest, signal?: AbortSignal): AsyncIterableIterator<GenerateEvent> {
    const call: ScriptedCall = { request, pulls: 0, state: "running" };
    this.calls.push(call);
    const stop = new AbortController();
    const signals = signal === undefined ? stop.signal : AbortSignal.any([signal, stop.signal]);
    const events = this.#run(request, call, signals);
    const cut = (): void => {
      if (call.state === "running") call.state = "aborted";
    };
    return {
      next: () => {
        call.pulls++;
        return events.next();
      },
      return: () => {
        cut();
        // A script that waits must be woken before its generator can end.
        stop.abort();
        return events.return(undefined);
      },
      [Symbol.asyncIterator]() {
        return this;
      },
    };
  }

  async *#run(
    request: GenerateRequest,
    call: ScriptedCall,
    signal: AbortSignal,
  ): AsyncGenerator<GenerateEvent, undefined> {
    try {
      const script = this.#admit(request);
      const promptTokens = promptIds(request).length;
      await this.#clock.wait(
        prefillTime(this.#settings.latency, promptTokens, this.running, this.#random),
        signal,
      );
      yield { type: "start", promptTokens };
      const { n = 1 } = request;
      for (let index = 0; index < n; index++) {
        const answer = new Answer(request, script, index, harmonyStops);
        yield* this.#deltas(answer, signal);
        if (signal.aborted) call.state = "aborted";
        // Before the last event, as a consumer may leave the loop at it.
        else if (index === n - 1) call.state = "finished";
        yield answer.end(signal.aborted);
      }
    } catch (error) {
      call.state = "failed";
      throw error;
    }
  }

  /** The limits that every engine has. */
  #check(request: GenerateRequest): void {
    const { maxContext = defaultContext, vocabSize = defaultVocabulary } = this.#options.info ?? {};
    const { maxTokens } = request.sampling;
    if (maxTokens < 1) throw invalid(`maxTokens is ${maxTokens}; at least 1 is accepted.`);
    const ids = promptIds(request);
    if (ids.length >= maxContext) {
      throw new EngineError(
        "context_length",
        `The prompt has ${ids.length} tokens; the context is ${maxContext}.`,
        {
          status: 400,
        },
      );
    }
    const unknown = ids.find((id) => id >= vocabSize);
    if (unknown !== undefined)
      throw invalid(`Token ${unknown} does not exist; ids up to ${vocabSize - 1} do.`);
  }

  /** The script for a request, unless the request is to fail. */
  #admit(request: GenerateRequest): Script {
    if (this.#closed) throw new EngineError("unavailable", "The engine is closed.");
    this.#check(request);
    const status = request.opaque?.["x-return-error"];
    if (status !== undefined) throw createStatusFailure(String(status));
    const { failureRate } = this.#settings;
    if (failureRate > 0 && this.#random() * 100 < failureRate) {
      const types = this.#settings.failureTypes;
      const type = types[Math.floor(this.#random() * types.length)] ?? "server_error";
      throw createFailure(type);
    }
    if (request.sampling.maxTokens < 1)
      throw invalid(`maxTokens is ${request.sampling.maxTokens}; at least 1.`);
    const name = request.opaque?.["x-scripted-response"];
    const script = chooseScript(this.#options.scripts ?? [greeting], {
      id: request.requestId,
      ids: promptIds(request),
      call: this.calls.length,
      ...(name !== undefined && { name: String(name) }),
    });
    if (script === undefined) throw invalid(`No script fits request "${request.requestId}".`);
    const [first] = script.steps;
    if (first !== undefined && "throwBeforeStart" in first) throw first.throwBeforeStart;
    return script;
  }

  async *#deltas(answer: Answer, signal: AbortSignal): AsyncGenerator<GenerateEvent, void> {
    for (const step of answer.steps) {
      await this.#pause(step, signal);
      for (const event of answer.take(step)) {
        if (signal.aborted) break;
        if (answer.deltas > 0) await this.#clock.wait(this.#tokenTime(), signal);
        if (signal.aborted) break;
        yield answer.send(event);
        if (answer.finish !== undefined) break;
      }
      if (signal.aborted || answer.finish !== undefined) break;
    }
  }

  #tokenTime(): number {
    return tokenTime(this.#settings.latency, this.running, this.#random);
  }

  async #pause(step: ScriptStep, signal: AbortSignal): Promise<void> {
    if ("waitMs" in step) await this.#clock.wait(step.waitMs, signal);
    if ("waitFor" in step && !this.#released.has(step.waitFor)) await this.#gate(step.waitFor, signal);
    if ("hang" in step) await new Promise<void>((resolve) => onAbort(signal, resolve));
  }

  #gate(name: string, signal: AbortSignal): Promise<void> {
    return new Promise((resolve) => {
      this.#gates.set(name, [...(this.#gates.get(name) ?? []), resolve]);
      onAbort(signal, resolve);
    });
  }
}

function onAbort(signal: AbortSignal, act: () => void): void {
  if (signal.aborted) act();
  else signal.addEventListener("abort", act, { once: true });
}

function invalid(message: string): EngineError {
  return new EngineError("invalid_request", message, { status: 400 });
}
