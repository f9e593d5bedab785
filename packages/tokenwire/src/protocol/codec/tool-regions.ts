// Tool calls cut out of the IDs by their markers, for engines and clients that agreed on them in `tool_watcher`.

import { type CodecToolCall, ToolWatcher } from "@tokenwire/core/codec";
import type { Tokenizer } from "@tokenwire/core/tokenizer";
import type { ToolWatcherRequest } from "./request.ts";

/** IDs that stay in the stream, and the calls found. */
export interface WatchedIds {
  readonly ids: readonly number[];
  readonly calls: readonly CodecToolCall[];
}

export class ToolRegions {
  readonly #request: ToolWatcherRequest;
  readonly #tokenizer: Tokenizer;
  readonly #watcher: ToolWatcher;
  readonly #newId: () => string;

  constructor(request: ToolWatcherRequest, tokenizer: Tokenizer, newId: () => string) {
    this.#request = request;
    this.#tokenizer = tokenizer;
    this.#newId = newId;
    this.#watcher = ToolWatcher.fromIds(request.startId, request.endId);
  }

  push(ids: readonly number[]): WatchedIds {
    const kept: number[] = [];
    const calls: CodecToolCall[] = [];
    for (const event of this.#watcher.feed(ids)) {
      if (event.kind === "passthrough") kept.push(...event.ids);
      else if (event.kind === "region") calls.push(this.#call(event.ids));
      else if (event.kind === "overflow") kept.push(this.#request.startId, ...event.ids);
    }
    return { ids: this.#request.keepIds ? ids : kept, calls };
  }

  /** A call that never ended is no call: its IDs are sent after all. */
  end(): readonly number[] {
    const [event] = this.#watcher.end();
    return event === undefined || this.#request.keepIds ? [] : [this.#request.startId, ...event.ids];
  }

  #call(ids: readonly number[]): CodecToolCall {
    const text = this.#tokenizer.decode(ids);
    const name = nameIn(text);
    return { ...(name === undefined ? {} : { name }), argumentsJson: text, id: this.#newId() };
  }
}

/** The `name` of a JSON call; the body may be anything. */
function nameIn(text: string): string | undefined {
  try {
    const value: unknown = JSON.parse(text);
    const name = typeof value === "object" && value !== null ? (value as { name?: unknown }).name : undefined;
    return typeof name === "string" ? name : undefined;
  } catch (error) {
    if (error instanceof SyntaxError) return undefined;
    throw error;
  }
}
