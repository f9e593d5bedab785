// Finds tool calls by comparing IDs: everything between a start and an end marker is a region. IDs are never decoded.

import { CodecError } from "../codec-error.ts";
import type { TokenizerMap } from "../maps/tokenizer-map.ts";

/** Default of `regionCap`: the most IDs of one region that are kept. */
export const DEFAULT_REGION_CAP = 65_536;

/** A marker that the map does not have. */
export class ToolWatcherError extends CodecError {
  constructor(message: string) {
    super("INVALID_ARGUMENT", message);
  }
}

/** In stream order. Every `ids` is a fresh array that belongs to the receiver. */
export type WatcherEvent =
  /** A run of IDs outside regions. */
  | { readonly kind: "passthrough"; readonly ids: number[] }
  /** A whole region, without its markers. */
  | { readonly kind: "region"; readonly ids: number[] }
  /** A start marker inside a region; it is not part of the body. */
  | { readonly kind: "nested_start"; readonly ids: number[] }
  /** A region grew beyond the cap: its first IDs. What follows up to the end marker is dropped. */
  | { readonly kind: "overflow"; readonly ids: number[] }
  /** The stream ended inside a region. */
  | {
      readonly kind: "truncated";
      readonly ids: number[];
      readonly finishReason: string | null;
      readonly finish_reason: string | null;
    };

export interface ToolWatcherOptions {
  /** Only `passthrough` and `region` events, as clients of protocol 0.4 know them. Default: false. */
  readonly legacyEvents?: boolean;
}

/** Below this, a loop beats `indexOf`. */
const SHORT_FEED = 24;

/**
 * Watches one stream for one kind of region.
 *
 * @example
 * const watcher = new ToolWatcher(map, "<tool_call>", "</tool_call>");
 * for (const event of watcher.feed(frame.ids)) {
 *   if (event.kind === "region") call(detokenize(map, event.ids));
 * }
 */
export class ToolWatcher {
  readonly startId: number;
  readonly endId: number;
  readonly startName: string;
  readonly endName: string;
  readonly #legacy: boolean;
  #cap: number;
  #inside = false;
  #body: number[] = [];
  #overflowed = false;

  constructor(
    map: Pick<TokenizerMap, "id" | "special_tokens">,
    startName: string,
    endName: string,
    regionCap: number = DEFAULT_REGION_CAP,
    options: ToolWatcherOptions = {},
  ) {
    this.startName = startName;
    this.endName = endName;
    this.startId = markerId(map, startName);
    this.endId = markerId(map, endName);
    this.#legacy = options.legacyEvents ?? false;
    this.#cap = regionCap || DEFAULT_REGION_CAP;
  }

  /** A watcher for markers known by ID. */
  static fromIds(
    startId: number,
    endId: number,
    regionCap: number = DEFAULT_REGION_CAP,
    options: ToolWatcherOptions = {},
  ): ToolWatcher {
    const names = { [`#${startId}`]: startId, [`#${endId}`]: endId };
    return new ToolWatcher(
      { id: "ids", special_tokens: names },
      `#${startId}`,
      `#${endId}`,
      regionCap,
      options,
    );
  }

  /** In a region, overflowed or not. */
  get inside(): boolean {
    return this.#inside;
  }

  get regionCap(): number {
    return this.#cap;
  }

  /** Changes the cap from the next ID on; 0 is the default. */
  setRegionCap(cap: number): void {
    this.#cap = cap || DEFAULT_REGION_CAP;
  }

  reset(): void {
    this.#inside = false;
    this.#body = [];
    this.#overflowed = false;
  }

  /** Events of the next IDs. */
  feed(ids: ArrayLike<number>): WatcherEvent[] {
    const count = ids.length;
    // Nearly every feed lies outside and has no marker: it is one event.
    const run = this.#inside || count === 0 ? undefined : withoutMarker(ids, this.startId);
    if (run !== undefined) return [{ kind: "passthrough", ids: run }];
    const events: WatcherEvent[] = [];
    let at = 0;
    while (at < count)
      at = this.#inside ? this.#insideRun(ids, at, events) : this.#outsideRun(ids, at, events);
    return events;
  }

  /** Ends the stream. Inside a region this is one `truncated` event; afterwards the watcher is outside. */
  end(finishReason: string | null = null): WatcherEvent[] {
    if (!this.#inside) return [];
    const ids = this.#body;
    this.reset();
    return this.#legacy ? [] : [{ kind: "truncated", ids, finishReason, finish_reason: finishReason }];
  }

  #outsideRun(ids: ArrayLike<number>, from: number, events: WatcherEvent[]): number {
    const start = indexOf(ids, this.startId, from);
    if (start > from) events.push({ kind: "passthrough", ids: copy(ids, from, start) });
    if (start === ids.length) return start;
    this.#inside = true;
    return start + 1;
  }

  #insideRun(ids: ArrayLike<number>, from: number, events: WatcherEvent[]): number {
    for (let at = from; at < ids.length; at++) {
      const id = ids[at]!;
      if (id === this.endId) {
        if (!this.#overflowed) events.push({ kind: "region", ids: this.#body });
        this.reset();
        return at + 1;
      }
      if (id === this.startId) {
        if (!this.#legacy) events.push({ kind: "nested_start", ids: [id] });
      } else if (this.#body.length < this.#cap) {
        this.#body.push(id);
      } else if (!this.#overflowed) {
        this.#overflowed = true;
        if (!this.#legacy) events.push({ kind: "overflow", ids: this.#body.slice() });
      }
    }
    return ids.length;
  }
}

function markerId(map: Pick<TokenizerMap, "id" | "special_tokens">, name: string): number {
  const specials = map.special_tokens ?? {};
  if (Object.hasOwn(specials, name)) return specials[name]!;
  const known = Object.keys(specials).slice(0, 12).join(", ");
  throw new ToolWatcherError(
    `Map ${map.id} has no special token ${JSON.stringify(name)}. It has: ${known || "none"}.`,
  );
}

/** Index of `id` from `from` on; the length when it is not there. */
function indexOf(ids: ArrayLike<number>, id: number, from: number): number {
  const count = ids.length;
  if (count - from >= SHORT_FEED && (Array.isArray(ids) || ids instanceof Uint32Array)) {
    const at = ids.indexOf(id, from);
    return at < 0 ? count : at;
  }
  for (let at = from; at < count; at++) if (ids[at] === id) return at;
  return count;
}

/** A copy of all IDs, or undefined when `id` is among them. */
function withoutMarker(ids: ArrayLike<number>, id: number): number[] | undefined {
  const count = ids.length;
  if (count >= SHORT_FEED) return indexOf(ids, id, 0) === count ? copy(ids, 0, count) : undefined;
  const out = new Array<number>(count);
  for (let at = 0; at < count; at++) {
    const next = ids[at]!;
    if (next === id) return undefined;
    out[at] = next;
  }
  return out;
}

function copy(ids: ArrayLike<number>, from: number, to: number): number[] {
  return Array.isArray(ids) ? (ids as number[]).slice(from, to) : Array.prototype.slice.call(ids, from, to);
}
