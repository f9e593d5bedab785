// Text completions on the wire. A stream sends one piece per chunk; the whole is the fold of the same pieces.

import type { Tokenizer } from "@tokenwire/core/tokenizer";
import type { ApiError } from "../api-error.ts";
import { type CompletionIdentity, dataFrame, doneFrame } from "../chat/stream.ts";
import type { LogprobEntry } from "../logprobs.ts";
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
    const { topLogprobs, tokenizer } = options;
    this.#builders = Array.from({ length: options.choices }, () =>
      topLogprobs === undefined ? undefined : new CompletionLogprobBuilder(tokenizer, topLogprobs, 0),
    );
    this.#started = new Array<boolean>(options.choices).fill(false);
  }

  /** The pieces for events of one choice. */
  push(index: number, events: readonly ChoiceEvent[], tokenIds: readonly number[]): CompletionChoice[] {
    const pieces = this.#echo(index);
    let unsent = tokenIds;
    for (const event of events) {
      if (event.type !== "text" && event.type !== "finish") continue;
      const isText = event.type === "text";
      pieces.push({
        text: isText ? event.text : "",
        index,
        logprobs: isText ? (this.#builders[index]?.add(event.logprobs ?? []) ?? null) : null,
        finish_reason: isText ? null : event.reason === "length" ? "length" : "stop",
        ...(!isText && { stop_reason: event.stopReason }),
        ...(this.#options.returnTokenIds && { token_ids: unsent }),
      });
      unsent = [];
    }
    if (unsent.length > 0 && this.#options.returnTokenIds) {
      pieces.push({ text: "", index, logprobs: null, finish_reason: null, token_ids: unsent });
    }
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
export class CompletionStream {
  readonly #encoder: CompletionEncoder;
  readonly #usage: () => TokenUsage | null | undefined;
  readonly #finishes: (CompletionChoice | undefined)[];
  #nextFinish = 0;

  /** @param usage of every chunk: undefined leaves the key out, null and counts are sent. */
  constructor(encoder: CompletionEncoder, choices: number, usage: () => TokenUsage | null | undefined) {
    this.#encoder = encoder;
    this.#usage = usage;
    this.#finishes = new Array<CompletionChoice | undefined>(choices).fill(undefined);
  }

  push(index: number, events: readonly ChoiceEvent[], tokenIds: readonly number[]): string {
    let frames = "";
    for (const piece of this.#encoder.push(index, events, tokenIds)) {
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
    return dataFrame(this.#encoder.toCompletion([piece], this.#usage()));
  }

  /** @param usage sent in a last chunk when given. */
  end(usage: TokenUsage | undefined): string {
    return usage === undefined ? doneFrame : dataFrame(this.#encoder.toCompletion([], usage)) + doneFrame;
  }

  fail(error: ApiError): string {
    return dataFrame(error.toBody()) + doneFrame;
  }
}
