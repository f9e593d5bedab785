// What checks work with: the engine, prompts to ask it, and requests with every sampling value spelled out.

import {
  type Engine,
  EngineError,
  type EngineInfo,
  type FinishReason,
  type GenerateEvent,
  type GenerateRequest,
  type Sampling,
  type TokenId,
  type TokenLogprob,
  type Usage,
} from "../engine.ts";
import { must, need } from "./report.ts";

/** A prompt with the greedy answer that another implementation gives. */
export interface Reference {
  readonly prompt: readonly TokenId[];
  readonly tokens: readonly TokenId[];
  /** Log-probability of each token. */
  readonly logprobs?: readonly number[];
}

/** Token ids; or text, for engines that take nothing else. */
export type CheckPrompt = readonly TokenId[] | string;

export interface ConformanceOptions {
  /** Prompts that the engine answers and ends by itself within `maxTokens`; at least one, better sixteen. */
  readonly prompts: readonly CheckPrompt[];
  /** A prompt with a long answer, to be cut. Default: the first of `prompts`, with `ignoreEos`. */
  readonly longPrompt?: CheckPrompt;
  readonly references?: readonly Reference[];
  /** End tokens of the model, for an engine that does not tell them: most servers do not. */
  readonly eosTokenIds?: readonly TokenId[];
  /** Largest accepted difference of a log-probability to the reference. Default: 0.002. */
  readonly logprobTolerance?: number;
  /** Turns ids into text, for constrained answers and for engines that take text. */
  readonly decode?: (ids: readonly TokenId[]) => string;
  /** Most tokens of an ordinary answer. Default: 64. */
  readonly maxTokens?: number;
  /** Milliseconds that a single check may take. Default: 60,000. */
  readonly timeoutMs?: number;
  /** How long the slow consumer pauses. Default: 2,000 ms. */
  readonly slowConsumerMs?: number;
  /** Only these checks, by id. */
  readonly only?: readonly string[];
  /** Cuts the connection to the engine's host; for checking what happens then. */
  readonly cutConnection?: () => Promise<void>;
  /** Aborts that reached the engine so far, where the test can see them. */
  readonly countAborts?: () => number;
}

/** An answer's parts, collected. */
export interface Answer {
  readonly ids: TokenId[];
  /** One entry per id; undefined where the server lost it along with an id that was found again. */
  readonly logprobs: (TokenLogprob | undefined)[];
  text: string;
  reason: FinishReason | undefined;
  matched: TokenId | string | undefined;
  usage: Usage | undefined;
  error: Error | undefined;
}

export interface Collected {
  readonly answers: Answer[];
  readonly events: GenerateEvent[];
  promptTokens: number | undefined;
  cachedTokens: number | undefined;
}

export interface RequestOverrides {
  readonly prompt?: CheckPrompt;
  readonly sampling?: Partial<Sampling>;
  readonly rest?: Partial<Omit<GenerateRequest, "requestId" | "prompt" | "sampling">>;
}

let counter = 0;

export class CheckContext {
  readonly engine: Engine;
  readonly info: EngineInfo;
  readonly options: ConformanceOptions;

  constructor(engine: Engine, info: EngineInfo, options: ConformanceOptions) {
    this.engine = engine;
    const { eosTokenIds = [] } = options;
    this.info = info.eosTokenIds.length === 0 ? { ...info, eosTokenIds } : info;
    this.options = options;
  }

  get maxTokens(): number {
    return this.options.maxTokens ?? 64;
  }

  /** A greedy request unless overridden. */
  request(overrides: RequestOverrides = {}): GenerateRequest {
    return {
      requestId: `conformance-${++counter}`,
      prompt: this.#prompt(overrides.prompt ?? this.options.prompts[0] ?? []),
      sampling: {
        maxTokens: this.maxTokens,
        temperature: 0,
        topP: 1,
        topK: 0,
        minP: 0,
        frequencyPenalty: 0,
        presencePenalty: 0,
        repetitionPenalty: 1,
        ...overrides.sampling,
      },
      ...overrides.rest,
    };
  }

  #prompt(prompt: CheckPrompt): GenerateRequest["prompt"] {
    if (typeof prompt === "string") return { text: prompt };
    const { decode } = this.options;
    const takesText = this.info.capabilities.input === "text";
    return takesText && decode ? { text: decode(prompt) } : { tokenIds: Uint32Array.from(prompt) };
  }

  /** The prompts, for checks that are about token ids. */
  get tokenPrompts(): readonly (readonly TokenId[])[] {
    need(this.info.capabilities.input !== "text", "the engine takes text");
    return this.options.prompts.filter((prompt) => typeof prompt !== "string");
  }

  /** A request whose answer goes on until it is cut. */
  longRequest(maxTokens: number): GenerateRequest {
    const prompt = this.options.longPrompt;
    return this.request({
      ...(prompt && { prompt }),
      sampling: { maxTokens, ...(prompt === undefined && { ignoreEos: true }) },
    });
  }

  /** Runs a request to its end and checks the order of its events (I1, I2, I8) on the way. */
  async collect(request: GenerateRequest, signal?: AbortSignal): Promise<Collected> {
    const n = request.n ?? 1;
    const result: Collected = {
      answers: Array.from({ length: n }, emptyAnswer),
      events: [],
      promptTokens: undefined,
      cachedTokens: undefined,
    };
    for await (const event of this.engine.generate(request, signal)) {
      must(
        result.events.length > 0 || event.type === "start",
        `the first event is "${event.type}", not "start"`,
      );
      must(result.events.length === 0 || event.type !== "start", "a second start event came");
      result.events.push(event);
      if (event.type === "start") {
        result.promptTokens = event.promptTokens;
        result.cachedTokens = event.cachedTokens;
      } else add(result.answers, event);
    }
    must(result.events.length > 0, "there was no event at all");
    result.answers.forEach((answer, index) => {
      checkAnswer(answer, index, this.info.capabilities.output === "text");
    });
    return result;
  }

  /** The only answer of a request. */
  async answer(overrides: RequestOverrides = {}): Promise<Answer> {
    const { answers } = await this.collect(this.request(overrides));
    return answers[0] ?? emptyAnswer();
  }

  /** Waits until the engine has nothing to do; needs `load`. */
  async idle(milliseconds: number): Promise<boolean> {
    const end = performance.now() + milliseconds;
    for (;;) {
      const load = await this.engine.load?.().catch(withoutLoad);
      if (load === undefined || load.running + load.waiting === 0) return true;
      if (performance.now() > end) return false;
      await pause(10);
    }
  }
}

/** A server need not tell how busy it is. */
function withoutLoad(error: unknown): undefined {
  if (error instanceof EngineError && error.code === "unsupported") return undefined;
  throw error;
}

export function pause(milliseconds: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, milliseconds));
}

/** What an answer says, for comparisons. */
export function said({ ids, text }: Pick<Answer, "ids" | "text">): string {
  return ids.length === 0 ? text : ids.join(" ");
}

/** How much it says. */
export function lengthOf({ ids, text }: Pick<Answer, "ids" | "text">): string {
  return ids.length === 0 ? `${text.length} characters` : `${ids.length} tokens`;
}

function emptyAnswer(): Answer {
  return {
    ids: [],
    logprobs: [],
    text: "",
    reason: undefined,
    matched: undefined,
    usage: undefined,
    error: undefined,
  };
}

function add(answers: readonly Answer[], event: Exclude<GenerateEvent, { type: "start" }>): void {
  const answer = answers[event.index];
  must(answer !== undefined, `an event has index ${event.index}; ${answers.length} were asked for`);
  must(answer.reason === undefined, `choice ${event.index} goes on after its finish`);
  if (event.type === "text") answer.text += event.text;
  else if (event.type === "delta") {
    answer.ids.push(...event.tokenIds);
    if (event.logprobs !== undefined) {
      must(event.logprobs.length === event.tokenIds.length, "a delta has not as many logprobs as ids");
      answer.logprobs.push(...event.logprobs);
    } else if (event.fidelity !== undefined) answer.logprobs.push(...event.tokenIds.map(() => undefined));
  } else {
    answer.reason = event.reason;
    answer.matched = event.matched;
    answer.usage = event.usage;
    answer.error = event.error;
  }
}

function checkAnswer(answer: Answer, index: number, isText: boolean): void {
  must(answer.reason !== undefined, `choice ${index} has no finish`);
  const told = answer.usage?.completionTokens;
  must(
    told === undefined || isText || told === answer.ids.length,
    `choice ${index}: usage says ${told} tokens, ${answer.ids.length} came`,
  );
}
