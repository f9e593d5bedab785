// Reads a tokenwire stream cut anywhere. A run of IDs between two control records is one event per chunk.

import { ByteQueue } from "../byte-queue.ts";
import { type ByteStream, type DecodedStream, decodeByteStream } from "../byte-stream.ts";
import { CodecFrameError, CodecLimitError, CodecStreamTruncatedError } from "../codec-error.ts";
import { MAX_ID } from "../frames/frame.ts";
import { AdaptiveModel } from "./adaptive-model.ts";
import { readError, readFinish, readLogprobs, readToolCall, readUsage } from "./control-event.ts";
import { PayloadReader, readShortestVarint } from "./payload-reader.ts";
import { CONTROL, HEADER_BYTES, type TokenwireEvent, type TokenwireMode, VERSION } from "./record.ts";

export interface TokenwireLimits {
  /** Largest payload of a control record, in bytes. Default: 1 MiB. */
  readonly maxControlBytes?: number;
  /** Choice indices must be below this. Default: 128. */
  readonly maxChoices?: number;
  /** Tool-call indices must be below this. Default: 1024. */
  readonly maxToolCalls?: number;
}

/** The stream ended without its END record; all events before were delivered. */
export class TokenwireTruncatedError extends CodecStreamTruncatedError {}

/** What the decoder knows of one choice. */
interface Choice {
  readonly index: number;
  readonly model: AdaptiveModel | undefined;
  finished: boolean;
  /** IDs since the last LOGPROBS. */
  unscored: number;
}

type Emit = (event: TokenwireEvent) => void;

/**
 * Decodes one stream.
 *
 * @example
 * const decoder = new TokenwireDecoder();
 * decoder.push(chunk, (event) => { if (event.kind === "ids") render(event.ids); });
 * decoder.end(); // TokenwireTruncatedError without END
 */
export class TokenwireDecoder {
  /** True once END was read. */
  done = false;
  readonly #queue = new ByteQueue();
  readonly #limits: Required<TokenwireLimits>;
  readonly #choices = new Map<number, Choice>();
  #choice: Choice = { index: 0, model: undefined, finished: false, unscored: 0 };
  #mode: TokenwireMode | undefined;
  #ids: number[] = [];
  #sawIds = false;
  #sawMeta = false;
  #sawUsage = false;
  #failed = false;

  constructor(limits: TokenwireLimits = {}) {
    this.#limits = {
      maxControlBytes: limits.maxControlBytes ?? 1024 * 1024,
      maxChoices: limits.maxChoices ?? 128,
      maxToolCalls: limits.maxToolCalls ?? 1024,
    };
  }

  /** Takes bytes and calls `onEvent` for everything they complete. Bad bytes raise a `CodecError`. */
  push(chunk: Uint8Array, onEvent: Emit): void {
    const queue = this.#queue;
    queue.append(chunk);
    if (this.#mode === undefined && queue.length >= HEADER_BYTES) this.#header();
    if (this.#mode !== undefined) {
      while (this.#record(onEvent)) {
        if (this.done && queue.length > 0)
          throw new CodecFrameError("Bytes follow the END of the tokenwire stream.");
      }
      this.#flushIds(onEvent);
    }
    queue.settle();
  }

  end(): void {
    if (this.done) return;
    throw new TokenwireTruncatedError(
      "tokenwire stream ended without its END record.",
      this.#queue.length > 0,
    );
  }

  #header(): void {
    const { bytes, at } = this.#queue;
    const mode = bytes[at + 3]!;
    if (bytes[at] !== 0x54 || bytes[at + 1] !== 0x57 || bytes[at + 2] !== VERSION || mode > 1) {
      const shown = [...bytes.subarray(at, at + HEADER_BYTES)].map((byte) =>
        byte.toString(16).padStart(2, "0"),
      );
      throw new CodecFrameError(
        `Not a tokenwire stream: it starts with ${shown.join(" ")}, not with 54 57 01 and 00 or 01.`,
      );
    }
    this.#mode = mode === 0 ? 0 : 1;
    this.#queue.at += HEADER_BYTES;
    this.#select(0);
  }

  #select(index: number): void {
    let choice = this.#choices.get(index);
    if (choice === undefined) {
      const model = this.#mode === 1 ? new AdaptiveModel() : undefined;
      choice = { index, model, finished: false, unscored: 0 };
      this.#choices.set(index, choice);
    }
    this.#choice = choice;
  }

  /** Reads IDs up to the next control record, and that record. False when more bytes are needed. */
  #record(emit: Emit): boolean {
    const atControl = this.#mode === 0 ? this.#plainIds() : this.#adaptiveIds();
    return atControl && this.#control(emit);
  }

  /** Reads IDs until the next ESC (true) or the end of the bytes (false). */
  #plainIds(): boolean {
    const queue = this.#queue;
    const { bytes, end } = queue;
    const ids = this.#ids;
    const before = ids.length;
    let at = queue.at;
    let last = at;
    let atControl = false;
    while (at < end) {
      const first = bytes[at]!;
      if (first < 0x80) {
        if (first === 0) {
          atControl = true;
          break;
        }
        ids.push(first - 1);
        last = ++at;
        continue;
      }
      // Two and three bytes are the common case; readShortestVarint has the rest and the errors.
      const second = at + 1 < end ? bytes[at + 1]! : 0x80;
      if (second < 0x80 && second > 0) {
        ids.push((first & 0x7f) + (second << 7) - 1);
        last = at += 2;
        continue;
      }
      const third = at + 2 < end ? bytes[at + 2]! : 0x80;
      if (second >= 0x80 && third < 0x80 && third > 0) {
        ids.push((first & 0x7f) + ((second & 0x7f) << 7) + (third << 14) - 1);
        last = at += 3;
        continue;
      }
      queue.at = at;
      const value = readShortestVarint(bytes, queue, end);
      if (value === undefined) break;
      ids.push(value - 1);
      last = at = queue.at;
    }
    queue.at = last;
    if (ids.length > before) this.#gotIds(ids.length - before);
    return atControl;
  }

  #adaptiveIds(): boolean {
    const queue = this.#queue;
    const { bytes, end } = queue;
    while (queue.at < end) {
      const first = bytes[queue.at]!;
      if (first === 0xff) return true;
      const length = first < 0xa0 ? 1 : first < 0xe0 ? 2 : 3;
      if (end - queue.at < length) return false;
      this.#modelledId(this.#adaptiveId(bytes, queue.at, first));
      queue.at += length;
    }
    return false;
  }

  #adaptiveId(bytes: Uint8Array, at: number, first: number): number {
    if (first >= 0xe0) return 16_448 + (((first - 0xe0) << 16) | (bytes[at + 1]! << 8) | bytes[at + 2]!);
    if (first >= 0xa0) return 64 + (((first - 0xa0) << 8) | bytes[at + 1]!);
    if (first >= 0x60) return first - 0x60;
    const id = this.#choice.model?.candidate(first);
    if (id === undefined)
      throw new CodecFrameError(`tokenwire candidate ${first} does not exist at this point.`);
    return id;
  }

  #modelledId(id: number): void {
    this.#ids.push(id);
    this.#choice.model?.update(id);
    this.#gotIds(1);
  }

  #gotIds(count: number): void {
    const choice = this.#choice;
    if (choice.finished || this.#sawUsage || this.#failed) {
      throw new CodecFrameError(`tokenwire IDs of choice ${choice.index} come after its end.`);
    }
    choice.unscored += count;
    this.#sawIds = true;
  }

  #flushIds(emit: Emit): void {
    if (this.#ids.length === 0) return;
    const ids = this.#ids;
    this.#ids = [];
    emit({ kind: "ids", choice: this.#choice.index, ids });
  }

  /** The control record at the read position. False when it is incomplete. */
  #control(emit: Emit): boolean {
    const queue = this.#queue;
    if (queue.length < 3) return false;
    const type = queue.bytes[queue.at + 1]!;
    const cursor = { at: queue.at + 2 };
    const length = readShortestVarint(queue.bytes, cursor, queue.end);
    if (length === undefined) return false;
    if (length > this.#limits.maxControlBytes) {
      throw new CodecLimitError(
        `tokenwire control record of ${length} bytes exceeds ${this.#limits.maxControlBytes} (maxControlBytes).`,
      );
    }
    if (queue.end - cursor.at < length) return false;
    queue.at = cursor.at + length;
    const payload = new PayloadReader(queue.bytes, cursor.at, queue.at);
    if (type === CONTROL.rawId) {
      this.#rawId(payload);
      return true;
    }
    this.#flushIds(emit);
    if (this.#failed && type !== CONTROL.end) throw new CodecFrameError("tokenwire records follow an ERROR.");
    const event = this.#event(type, payload);
    if (event !== undefined) emit(event);
    return true;
  }

  #rawId(payload: PayloadReader): void {
    const id = payload.varint("id");
    if (id > MAX_ID) throw new CodecFrameError(`tokenwire RAWID ${id} exceeds ${MAX_ID}.`);
    payload.expectEnd("RAWID");
    this.#modelledId(id);
  }

  #event(type: number, payload: PayloadReader): TokenwireEvent | undefined {
    switch (type) {
      case CONTROL.end:
        payload.expectEnd("END");
        this.done = true;
        return { kind: "end" };
      case CONTROL.choice:
        this.#switchChoice(payload);
        return undefined;
      case CONTROL.finish:
        return this.#finish(payload);
      case CONTROL.usage:
        this.#sawUsage = true;
        return readUsage(payload);
      case CONTROL.error:
        this.#failed = true;
        return readError(payload);
      case CONTROL.toolCall:
        return readToolCall(payload, this.#choice.index, this.#limits.maxToolCalls);
      case CONTROL.logprobs:
        return this.#logprobs(payload);
      case CONTROL.meta:
        return this.#meta(payload);
      case CONTROL.text:
        return { kind: "text", choice: this.#choice.index, text: payload.text("text") };
      default:
        if (type >= CONTROL.firstCritical) {
          throw new CodecFrameError(
            `tokenwire record type 0x${type.toString(16)} is critical and not known here.`,
          );
        }
        return undefined;
    }
  }

  #switchChoice(payload: PayloadReader): void {
    const index = payload.varint("choice index");
    payload.expectEnd("CHOICE");
    if (index >= this.#limits.maxChoices) {
      throw new CodecLimitError(
        `tokenwire choice ${index} is not below ${this.#limits.maxChoices} (maxChoices).`,
      );
    }
    this.#select(index);
  }

  #finish(payload: PayloadReader): TokenwireEvent {
    if (this.#choice.finished || this.#sawUsage) {
      throw new CodecFrameError(`tokenwire choice ${this.#choice.index} finishes after its end.`);
    }
    this.#choice.finished = true;
    return readFinish(payload, this.#choice.index);
  }

  #logprobs(payload: PayloadReader): TokenwireEvent {
    const event = readLogprobs(payload, this.#choice.index);
    const count = event.kind === "logprobs" ? event.items.length : 0;
    if (count !== this.#choice.unscored) {
      throw new CodecFrameError(
        `tokenwire LOGPROBS describes ${count} IDs, but ${this.#choice.unscored} came since the last one.`,
      );
    }
    this.#choice.unscored = 0;
    return event;
  }

  #meta(payload: PayloadReader): TokenwireEvent {
    if (this.#sawMeta || this.#sawIds)
      throw new CodecFrameError("tokenwire META may come once, before any ID.");
    this.#sawMeta = true;
    return { kind: "meta", meta: payload.json("meta") };
  }
}

/** Events of a tokenwire response body as they arrive. */
export function decodeTokenwireStream(
  stream: ByteStream,
  options: TokenwireLimits & { readonly signal?: AbortSignal } = {},
): DecodedStream<TokenwireEvent> {
  return decodeByteStream(stream, new TokenwireDecoder(options), options.signal);
}
