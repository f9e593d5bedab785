// Writes a tokenwire stream. Everything between two `take()` calls is one flush; flushes fall on record boundaries.

import { encodeUtf8, varintLength } from "../../bytes/index.ts";
import { ByteWriter } from "../byte-writer.ts";
import { CodecError } from "../codec-error.ts";
import { AdaptiveModel } from "./adaptive-model.ts";
import {
  CONTROL,
  ESCAPE,
  FINISH_CODES,
  TOOL_CALL_FLAGS,
  type TokenwireErrorBody,
  type TokenwireLogprob,
  type TokenwireMode,
  type TokenwireStop,
  type TokenwireToolCallDelta,
  type TokenwireUsage,
  USAGE_KEYS,
  VERSION,
} from "./record.ts";

/** First IDs of the two- and three-byte direct forms of mode 1, and of those that need a RAWID record. */
const DIRECT_2 = 64;
const DIRECT_3 = 16_448;
const RAW = 2_048_064;

/**
 * One stream.
 *
 * @example
 * const encoder = new TokenwireEncoder();
 * encoder.ids([9707]);
 * socket.write(encoder.take());   // 54 57 01 00 ec 4b
 * encoder.finish("stop");
 * encoder.end();
 * socket.end(encoder.take());     // 00 02 01 01 00 00 00
 */
export class TokenwireEncoder {
  readonly #mode: TokenwireMode;
  readonly #out = new ByteWriter();
  /** Payload of the control record in the making, whose length goes before it. */
  readonly #payload = new ByteWriter();
  readonly #models = new Map<number, AdaptiveModel>();
  #model: AdaptiveModel | undefined;
  #choice = 0;
  #ended = false;

  constructor(options: { readonly mode?: TokenwireMode } = {}) {
    this.#mode = options.mode ?? 0;
    this.#out.raw([0x54, 0x57, VERSION, this.#mode]);
  }

  /** IDs of a choice, each an integer from 0 to 2^32 - 1. */
  ids(ids: ArrayLike<number>, choice = 0): void {
    if (ids.length === 0) return;
    this.#select(choice);
    if (this.#mode === 0) this.#plain(ids);
    else this.#adaptive(ids);
  }

  /** The end of one choice. Names that have no code are sent in words. */
  finish(reason: string, choice = 0, stop?: TokenwireStop): void {
    this.#select(choice);
    const code = Object.hasOwn(FINISH_CODES, reason) ? FINISH_CODES[reason]! : 0;
    const payload = this.#payload;
    payload.varint(code);
    if (code === 0) {
      payload.raw(encodeUtf8(reason));
    } else if (stop !== undefined && "tokenId" in stop) {
      payload.byte(1);
      payload.varint(stop.tokenId);
    } else if (stop !== undefined) {
      payload.byte(2);
      payload.raw(encodeUtf8(stop.text));
    }
    this.#control(CONTROL.finish);
  }

  /** Token counts of the whole answer, after the last `finish`. */
  usage(usage: TokenwireUsage): void {
    for (const [index, name] of USAGE_KEYS.entries()) {
      const value = usage[name];
      if (value === undefined) continue;
      this.#payload.varint(index + 1);
      this.#payload.varint(value);
    }
    this.#control(CONTROL.usage);
  }

  /** A failure; only `end` may follow. `status` is the HTTP status it would have had, 0 when unknown. */
  error(status: number, error: TokenwireErrorBody): void {
    this.#payload.varint(status);
    this.#payload.raw(encodeUtf8(JSON.stringify(error)));
    this.#control(CONTROL.error);
  }

  toolCall(delta: TokenwireToolCallDelta, choice = 0): void {
    this.#select(choice);
    const payload = this.#payload;
    payload.varint(delta.index);
    payload.varint(
      (delta.id === undefined ? 0 : TOOL_CALL_FLAGS.id) |
        (delta.name === undefined ? 0 : TOOL_CALL_FLAGS.name) |
        (delta.arguments === undefined ? 0 : TOOL_CALL_FLAGS.arguments) |
        (delta.last === true ? TOOL_CALL_FLAGS.last : 0),
    );
    for (const text of [delta.id, delta.name, delta.arguments]) {
      if (text === undefined) continue;
      const bytes = encodeUtf8(text);
      payload.varint(bytes.length);
      payload.raw(bytes);
    }
    this.#control(CONTROL.toolCall);
  }

  /** Log probabilities of the IDs of this choice since its last `logprobs`, all with equally many alternatives. */
  logprobs(items: readonly TokenwireLogprob[], choice = 0): void {
    this.#select(choice);
    const payload = this.#payload;
    const alternatives = items[0]?.top?.length ?? 0;
    payload.varint(items.length);
    payload.varint(alternatives);
    for (const { logprob, top = [] } of items) {
      if (top.length !== alternatives) {
        throw new CodecError(
          "INVALID_ARGUMENT",
          `logprobs items must all have ${alternatives} alternatives, like the first; one has ${top.length}.`,
        );
      }
      this.#float(logprob);
      for (const alternative of top) {
        payload.varint(alternative.id + 1);
        this.#float(alternative.logprob);
      }
    }
    this.#control(CONTROL.logprobs);
  }

  /** Text that has no IDs. */
  text(text: string, choice = 0): void {
    this.#select(choice);
    this.#payload.raw(encodeUtf8(text));
    this.#control(CONTROL.text);
  }

  /** Facts about the answer (`id`, `model`, `created` …), at most once and before any ID. */
  meta(meta: Readonly<Record<string, unknown>>): void {
    this.#payload.raw(encodeUtf8(JSON.stringify(meta)));
    this.#control(CONTROL.meta);
  }

  /** Keeps a connection alive. */
  ping(): void {
    this.#control(CONTROL.ping);
  }

  /** The end of the stream. A second call does nothing. */
  end(): void {
    if (this.#ended) return;
    this.#control(CONTROL.end);
    this.#ended = true;
  }

  /** The bytes since the last `take()`, header included the first time. They stay valid. */
  take(): Uint8Array {
    return this.#out.take();
  }

  #plain(ids: ArrayLike<number>): void {
    const out = this.#out;
    const count = ids.length;
    out.reserve(5 * count);
    const bytes = out.bytes;
    let at = out.at;
    for (let index = 0; index < count; index++) {
      let value = ids[index]! + 1;
      if (value > 0xffff_ffff) {
        // 2^32 does not survive the shifts below.
        bytes.set([0x80, 0x80, 0x80, 0x80, 0x10], at);
        at += 5;
        continue;
      }
      while (value > 0x7f) {
        bytes[at++] = (value & 0x7f) | 0x80;
        value >>>= 7;
      }
      bytes[at++] = value;
    }
    out.at = at;
  }

  #adaptive(ids: ArrayLike<number>): void {
    const out = this.#out;
    const model = this.#model ?? this.#modelOf(this.#choice);
    for (let index = 0; index < ids.length; index++) {
      const id = ids[index]!;
      const position = model.find(id);
      out.reserve(3);
      if (position >= 0) {
        out.bytes[out.at++] = position;
      } else if (id < DIRECT_2) {
        out.bytes[out.at++] = 0x60 + id;
      } else if (id < DIRECT_3) {
        out.bytes[out.at++] = 0xa0 + ((id - DIRECT_2) >> 8);
        out.bytes[out.at++] = id - DIRECT_2;
      } else if (id < RAW) {
        out.bytes[out.at++] = 0xe0 + ((id - DIRECT_3) >> 16);
        out.bytes[out.at++] = (id - DIRECT_3) >> 8;
        out.bytes[out.at++] = id - DIRECT_3;
      } else {
        this.#payload.varint(id);
        this.#control(CONTROL.rawId);
      }
      model.update(id);
    }
  }

  #modelOf(choice: number): AdaptiveModel {
    let model = this.#models.get(choice);
    if (model === undefined) {
      model = new AdaptiveModel();
      this.#models.set(choice, model);
    }
    this.#model = model;
    return model;
  }

  #select(choice: number): void {
    if (choice === this.#choice) return;
    this.#payload.varint(choice);
    this.#control(CONTROL.choice);
    this.#choice = choice;
    this.#model = this.#models.get(choice);
  }

  #float(value: number): void {
    const bytes = new Uint8Array(4);
    new DataView(bytes.buffer).setFloat32(0, value, true);
    this.#payload.raw(bytes);
  }

  /** Writes the record whose payload has been collected. */
  #control(type: number): void {
    if (this.#ended) {
      throw new CodecError("INVALID_ARGUMENT", "The tokenwire stream has ended; nothing may follow END.");
    }
    const payload = this.#payload.take();
    const out = this.#out;
    out.reserve(2 + varintLength(payload.length) + payload.length);
    out.byte(ESCAPE[this.#mode]);
    out.byte(type);
    out.varint(payload.length);
    out.raw(payload);
  }
}
