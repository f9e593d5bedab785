// From the events of a generation to the bytes of a binary answer. Bytes are taken out flush by flush.

import {
  FrameEncoder,
  TokenwireEncoder,
  type TokenwireErrorBody,
  type TokenwireStop,
  toWireReason,
} from "@tokenwire/core/codec";
import type { Tokenizer } from "@tokenwire/core/tokenizer";
import type { ApiError } from "../api-error.ts";
import type { SampledLogprob } from "../generation.ts";
import type { ChoiceEvent } from "../output.ts";
import type { TokenUsage } from "../usage.ts";
import type { ToolWatcherRequest } from "./request.ts";
import { StopHold } from "./stop-hold.ts";
import type { BinaryFormat } from "./stream-format.ts";
import { ToolRegions } from "./tool-regions.ts";

export interface BinaryAnswerOptions {
  readonly format: BinaryFormat;
  readonly tokenizer: Tokenizer;
  readonly choices: number;
  readonly stop: readonly string[];
  readonly includeStop: boolean;
  readonly logprobs: boolean;
  /** The engine yields no IDs: its text is sent. */
  readonly textOnly: boolean;
  readonly includeUsage: boolean;
  readonly toolWatcher?: ToolWatcherRequest;
  /** IDs of tool calls found by `toolWatcher`. */
  readonly newToolId: () => string;
  /** Sent before the IDs where the format can carry it. */
  readonly meta?: Readonly<Record<string, unknown>>;
  /** Text of the prompts, for `echo`. */
  readonly echo?: readonly string[];
}

/** Collects the bytes of an answer. */
export interface BinaryAnswer {
  /** Returns true when what came should leave at once: an end, an error, a tool call. */
  push(
    choice: number,
    events: readonly ChoiceEvent[],
    ids: readonly number[],
    logprobs?: readonly SampledLogprob[],
  ): boolean;
  /** IDs that wait for the next flush. */
  readonly waiting: number;
  /** The bytes since the last flush. */
  take(): Uint8Array;
  /** The last bytes. */
  end(usage: TokenUsage): Uint8Array;
  /** The last bytes of an answer that failed after it began. */
  fail(error: ApiError): Uint8Array;
  /** Bytes that mean nothing, for connections that must not fall silent; empty where the format has none. */
  ping(): Uint8Array;
}

export function createBinaryAnswer(options: BinaryAnswerOptions): BinaryAnswer {
  return options.format === "tokenwire" || options.format === "tokenwire-adaptive"
    ? new TokenwireAnswer(options)
    : new FrameAnswer(options, options.format);
}

type Finish = Extract<ChoiceEvent, { type: "finish" }>;

function finishIn(events: readonly ChoiceEvent[]): Finish | undefined {
  const last = events.at(-1);
  return last?.type === "finish" ? last : undefined;
}

/** One choice as Codec frames. */
class FrameAnswer implements BinaryAnswer {
  readonly #encoder: FrameEncoder;
  readonly #hold: StopHold;
  readonly #regions: ToolRegions | undefined;
  #ids: number[] = [];
  #parts: Uint8Array[] = [];
  #reason: string | undefined;

  constructor(options: BinaryAnswerOptions, format: ConstructorParameters<typeof FrameEncoder>[0]) {
    // protobuf-delta has no field for its differences in any text of the protocol; plain protobuf is what it allows.
    this.#encoder = new FrameEncoder(format);
    this.#hold = new StopHold(options.tokenizer, options.stop, options.includeStop);
    this.#regions =
      options.toolWatcher && new ToolRegions(options.toolWatcher, options.tokenizer, options.newToolId);
  }

  get waiting(): number {
    return this.#ids.length;
  }

  push(_choice: number, events: readonly ChoiceEvent[], ids: readonly number[]): boolean {
    const finish = finishIn(events);
    const found = this.#collect(this.#hold.push(ids).ids);
    if (finish === undefined) return found;
    this.#collect(this.#hold.end(typeof finish.stopReason === "string").ids);
    if (this.#regions) this.#ids.push(...this.#regions.end());
    this.#reason = finish.stopReason === null ? toWireReason(finish.reason) : "stop_sequence";
    return true;
  }

  /** Watches the IDs for calls. Returns whether one was found. */
  #collect(ids: readonly number[]): boolean {
    const watched = this.#regions?.push(ids) ?? { ids, calls: [] };
    this.#ids.push(...watched.ids);
    if (watched.calls.length === 0) return false;
    this.#parts.push(this.#encoder.frame(this.#ids, false, undefined, watched.calls));
    this.#ids = [];
    return true;
  }

  take(): Uint8Array {
    // The end of the choice travels with its last IDs, in end().
    if (this.#ids.length > 0 && this.#reason === undefined) {
      this.#parts.push(this.#encoder.frame(this.#ids));
      this.#ids = [];
    }
    return this.#join();
  }

  end(): Uint8Array {
    this.#parts.push(this.#encoder.frame(this.#ids, true, this.#reason ?? "error"));
    this.#ids = [];
    return this.#join();
  }

  fail(): Uint8Array {
    this.#reason = "error";
    return this.end();
  }

  ping(): Uint8Array {
    return new Uint8Array(0);
  }

  #join(): Uint8Array {
    const parts = this.#parts;
    this.#parts = [];
    return parts.length === 1 ? parts[0]! : joinBytes(parts);
  }
}

function joinBytes(parts: readonly Uint8Array[]): Uint8Array {
  const bytes = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
  let at = 0;
  for (const part of parts) {
    bytes.set(part, at);
    at += part.length;
  }
  return bytes;
}

/** Any number of choices as a tokenwire stream. */
class TokenwireAnswer implements BinaryAnswer {
  readonly #options: BinaryAnswerOptions;
  readonly #encoder: TokenwireEncoder;
  readonly #holds: readonly StopHold[];
  #waiting = 0;

  constructor(options: BinaryAnswerOptions) {
    this.#options = options;
    this.#encoder = new TokenwireEncoder({ mode: options.format === "tokenwire-adaptive" ? 1 : 0 });
    this.#holds = Array.from(
      { length: options.choices },
      () => new StopHold(options.tokenizer, options.stop, options.includeStop),
    );
    if (options.meta) this.#encoder.meta(options.meta);
    for (const [choice, text] of options.echo?.entries() ?? []) this.#encoder.text(text, choice);
  }

  get waiting(): number {
    return this.#waiting;
  }

  push(
    choice: number,
    events: readonly ChoiceEvent[],
    ids: readonly number[],
    logprobs: readonly SampledLogprob[] = [],
  ): boolean {
    const hold = this.#holds[choice]!;
    const finish = finishIn(events);
    this.#ids(choice, hold.push(ids, logprobs));
    if (finish) this.#ids(choice, hold.end(typeof finish.stopReason === "string"));
    let urgent = false;
    for (const event of events) urgent = this.#event(choice, event) || urgent;
    return urgent;
  }

  #ids(
    choice: number,
    { ids, logprobs }: { readonly ids: readonly number[]; readonly logprobs: readonly SampledLogprob[] },
  ): void {
    if (ids.length === 0) return;
    this.#encoder.ids(ids, choice);
    this.#waiting += ids.length;
    if (this.#options.logprobs && logprobs.length === ids.length)
      this.#encoder.logprobs(padded(logprobs), choice);
  }

  /** Returns whether it should leave at once. */
  #event(choice: number, event: ChoiceEvent): boolean {
    const encoder = this.#encoder;
    switch (event.type) {
      case "text":
        if (this.#options.textOnly === true) encoder.text(event.text, choice);
        return false;
      case "tool-call":
        encoder.toolCall({ index: event.index, id: event.id, name: event.name }, choice);
        return true;
      case "tool-arguments":
        encoder.toolCall({ index: event.index, arguments: event.text }, choice);
        return false;
      case "tool-end":
        encoder.toolCall({ index: event.index, last: true }, choice);
        return true;
      case "finish":
        encoder.finish(event.stopReason === null ? event.reason : "stop_sequence", choice, stopOf(event));
        return true;
      default:
        return false;
    }
  }

  take(): Uint8Array {
    this.#waiting = 0;
    return this.#encoder.take();
  }

  end(usage: TokenUsage): Uint8Array {
    if (this.#options.includeUsage) {
      this.#encoder.usage({
        promptTokens: usage.promptTokens,
        completionTokens: usage.completionTokens,
        ...(usage.cachedTokens > 0 && { cachedTokens: usage.cachedTokens }),
        ...(usage.reasoningTokens > 0 && { reasoningTokens: usage.reasoningTokens }),
      });
    }
    this.#encoder.end();
    return this.#encoder.take();
  }

  fail(error: ApiError): Uint8Array {
    const { message, type, param, code } = error.toBody().error;
    const body: TokenwireErrorBody = {
      message,
      type,
      ...(param !== null && { param }),
      ...(code !== null && { code }),
    };
    this.#encoder.error(error.status, body);
    this.#encoder.end();
    return this.#encoder.take();
  }

  ping(): Uint8Array {
    this.#encoder.ping();
    return this.#encoder.take();
  }
}

function stopOf({ stopReason }: Finish): TokenwireStop | undefined {
  if (stopReason === null) return undefined;
  return typeof stopReason === "string" ? { text: stopReason } : { tokenId: stopReason };
}

/** One record carries equally many alternatives for each ID: the fewest that any has. */
function padded(
  logprobs: readonly SampledLogprob[],
): { logprob: number; top: { id: number; logprob: number }[] }[] {
  const count = Math.min(...logprobs.map(({ top }) => top?.length ?? 0));
  return logprobs.map(({ logprob, top = [] }) => ({
    logprob,
    top: top.slice(0, count).map((entry) => ({ ...entry })),
  }));
}
