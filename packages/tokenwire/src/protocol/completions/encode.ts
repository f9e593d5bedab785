// Text completions on the wire. A stream sends one piece per chunk; the whole is the fold of the same pieces.

import type { Tokenizer } from "@tokenwire/core/tokenizer";
import type { ApiError } from "../api-error.ts";
import { type CompletionIdentity, dataFrame, doneFrame } from "../chat/stream.ts";
import type { SampledLogprob } from "../generation.ts";
import type { LogprobEntry, TokenSpelling } from "../logprobs.ts";
import type { ChoiceEvent } from "../output.ts";
import { type ChatUsage, type TokenUsage, toChatUsage } from "../usage.ts";
import { CompletionLogprobBuilder, type CompletionLogprobs, joinLogprobs } from "./logprobs.ts";

export interface CompletionChoice {
  readonly text: string;
  readonly index: number;
  readonly logprobs: CompletionLogprobs | null;
  readonly finish_reason: "stop" | "length" | null;
  readonly stop_reason?: string | number | null;
  readonly token_ids?: readonly number[];
  readonly prompt_token_ids?: readonly number[];
}

export interface TextCompletion {
  readonly id: string;
  readonly object: "text_completion";
  readonly created: number;
  readonly model: string;
  readonly system_fingerprint: string;
  readonly choices: readonly CompletionChoice[];
  readonly usage?: ChatUsage | null;
}

/** What is put before the generated text when `echo` is set. */
export interface EchoedPrompt {
  readonly text: string;
  readonly logprobs?: readonly LogprobEntry[];
}

export interface CompletionEncodeOptions {
  readonly identity: CompletionIdentity;
  readonly tokenizer: Tokenizer;
  /** Absent: no log-probabilities. */
  readonly topLogprobs?: number;
  /** How their tokens are spelled. Default: by their text. */
  readonly spelling?: TokenSpelling;
  /** One per choice; absent: no echo. */
  readonly echo?: readonly EchoedPrompt[];
  readonly choices: number;
  readonly returnTokenIds: boolean;
  /** The ids of each choice's prompt, when token ids are wanted. */
  readonly promptIds: readonly Uint32Array[];
}

/** Turns events into pieces: choices with a stretch of text each. */
export class CompletionEncoder {
  readonly #options: CompletionEncodeOptions;
  readonly #builders: (CompletionLogprobBuilder | undefined)[];
  readonly #started: boolean[];

  constructor(options: CompletionEncodeOptions) {
    this.#options = options;
    const { topLogprobs, tokenizer, spelling } = options;
    this.#builders = Array.from({ length: options.choices }, () =>
      topLogprobs === undefined ? undefined : new CompletionLogprobBuilder(tokenizer, topLogprobs, spelling),
    );
    this.#started = new Array<boolean>(options.choices).fill(false);
  }

  /**
   * The pieces for events of one choice.
   *
   * @param tokenIds that led to them
   * @param sampled their log-probabilities: where ids are returned, each has an entry, whether its text is shown or not
   */
  push(
    index: number,
    events: readonly ChoiceEvent[],
    tokenIds: readonly number[],
    sampled?: readonly SampledLogprob[],
  ): CompletionChoice[] {
    const { returnTokenIds } = this.#options;
    const pieces = this.#echo(index);
    const builder = this.#builders[index];
    if (returnTokenIds && builder && sampled && sampled.length === tokenIds.length) {
      pieces.push(...piecesPerId(builder, index, events, tokenIds, sampled));
      return pieces;
    }
    let unsent = tokenIds;
    for (const event of events) {
      if (event.type !== "text" && event.type !== "finish") continue;
      pieces.push({
        ...(event.type === "finish"
          ? finishPiece(index, event)
          : textPiece(index, event.text, builder?.add(event.logprobs ?? []) ?? null)),
        ...(returnTokenIds && { token_ids: unsent }),
      });
      unsent = [];
    }
    if (unsent.length > 0 && returnTokenIds)
      pieces.push({ ...textPiece(index, "", null), token_ids: unsent });
    return pieces;
  }

  #echo(index: number): CompletionChoice[] {
    if (this.#started[index]) return [];
    this.#started[index] = true;
    const { echo, returnTokenIds, promptIds } = this.#options;
    const prompt = echo?.[index];
    if (prompt === undefined && !returnTokenIds) return [];
    const builder = this.#builders[index];
    return [
      {
        text: prompt?.text ?? "",
        index,
        logprobs: builder?.add(prompt?.logprobs ?? []) ?? null,
        finish_reason: null,
        ...(returnTokenIds && { token_ids: [], prompt_token_ids: [...promptIds[index]!] }),
      },
    ];
  }

  /** The completion that carries these choices. */
  toCompletion(choices: readonly CompletionChoice[], usage?: TokenUsage | null): TextCompletion {
    const { id, created, model, fingerprint } = this.#options.identity;
    return {
      id,
      object: "text_completion",
      created,
      model,
      system_fingerprint: fingerprint,
      choices,
      ...(usage !== undefined && { usage: usage === null ? null : toChatUsage(usage) }),
    };
  }
}

type FinishEvent = Extract<ChoiceEvent, { type: "finish" }>;

function textPiece(index: number, text: string, logprobs: CompletionLogprobs | null): CompletionChoice {
  return { text, index, logprobs, finish_reason: null };
}

function finishPiece(index: number, { reason, stopReason }: FinishEvent): CompletionChoice {
  const finish_reason = reason === "length" ? "length" : "stop";
  return { text: "", index, logprobs: null, finish_reason, stop_reason: stopReason };
}

/** Pieces whose log-probabilities stand beside the ids, of markers and half characters too. */
function piecesPerId(
  builder: CompletionLogprobBuilder,
  index: number,
  events: readonly ChoiceEvent[],
  ids: readonly number[],
  sampled: readonly SampledLogprob[],
): CompletionChoice[] {
  const text = events.map((event) => (event.type === "text" ? event.text : "")).join("");
  const finish = events.find((event): event is FinishEvent => event.type === "finish");
  const logprobs = ids.length > 0 ? builder.addSampled(sampled, text) : null;
  return [
    ...(ids.length > 0 || text !== "" ? [{ ...textPiece(index, text, logprobs), token_ids: ids }] : []),
    ...(finish ? [{ ...finishPiece(index, finish), token_ids: [] }] : []),
  ];
}

/** The whole choice that its pieces add up to. */
export function joinPieces(pieces: readonly CompletionChoice[]): CompletionChoice {
  const last = pieces.at(-1)!;
  const ids = pieces.flatMap((piece) => piece.token_ids ?? []);
  const prompt = pieces[0]!.prompt_token_ids;
  return {
    text: pieces.map((piece) => piece.text).join(""),
    index: last.index,
    logprobs: joinLogprobs(pieces.map((piece) => piece.logprobs).filter((lists) => lists !== null)),
    finish_reason: last.finish_reason,
    stop_reason: last.stop_reason ?? null,
    ...(last.token_ids && { token_ids: ids }),
    ...(prompt && { prompt_token_ids: prompt }),
  };
}

/** Pieces as server-sent events. Finish pieces go out in index order; one that is early waits. */
export interface CompletionStreamOptions {
  readonly choices: number;
  /** Counts as the stream goes on. */
  readonly usage: TokenUsage;
  /** A last chunk with the usage. */
  readonly includeUsage: boolean;
  /** Running usage in every chunk. */
  readonly continuousUsage: boolean;
  /** Told what the engine says about the prompt of a choice. */
  readonly onStart?: (choice: number, logprobs: readonly (SampledLogprob | null)[] | undefined) => void;
}

export class CompletionStream {
  readonly #encoder: CompletionEncoder;
  readonly #options: CompletionStreamOptions;
  readonly #finishes: (CompletionChoice | undefined)[];
  #nextFinish = 0;

  constructor(encoder: CompletionEncoder, options: CompletionStreamOptions) {
    this.#encoder = encoder;
    this.#options = options;
    this.#finishes = new Array<CompletionChoice | undefined>(options.choices).fill(undefined);
  }

  /** A choice begins. */
  begin(choice: number, promptLogprobs?: readonly (SampledLogprob | null)[]): string {
    this.#options.onStart?.(choice, promptLogprobs);
    return "";
  }

  push(
    index: number,
    events: readonly ChoiceEvent[],
    tokenIds: readonly number[],
    sampled?: readonly SampledLogprob[],
  ): string {
    let frames = "";
    for (const piece of this.#encoder.push(index, events, tokenIds, sampled)) {
      if (piece.finish_reason === null) frames += this.#frame(piece);
      else this.#finishes[index] = piece;
    }
    for (let next = this.#finishes[this.#nextFinish]; next; next = this.#finishes[this.#nextFinish]) {
      frames += this.#frame(next);
      this.#nextFinish++;
    }
    return frames;
  }

  #frame(piece: CompletionChoice): string {
    const { usage, includeUsage, continuousUsage } = this.#options;
    // The key is left out where nobody asked for usage, and null where it comes at the end.
    const running = continuousUsage ? usage : includeUsage ? null : undefined;
    return dataFrame(this.#encoder.toCompletion([piece], running));
  }

  end(): string {
    const { usage, includeUsage } = this.#options;
    return includeUsage ? dataFrame(this.#encoder.toCompletion([], usage)) + doneFrame : doneFrame;
  }

  fail(error: ApiError): string {
    return dataFrame(error.toBody()) + doneFrame;
  }
}
