// Finds regions of several kinds, whose markers are sequences of IDs and whose end says what they were. Harmony needs this:
// one token opens every message, and which of three ends it decides whether it was a call.

import { CodecError } from "../codec-error.ts";

export interface RegionRule {
  readonly name: string;
  /** Any of these sequences opens the region. */
  readonly start: readonly (readonly number[])[];
  /** Any of these sequences ends it, with its verdict. */
  readonly end: readonly { readonly ids: readonly number[]; readonly verdict: string }[];
  /** Most IDs of the body that are kept. Default: 65,536. */
  readonly cap?: number;
  /** An opener inside the region: left out of the body (default), part of it, or the start of a new region. */
  readonly nested?: "drop" | "keep" | "restart";
}

/** What was found. `overflow` comes once, with the IDs kept; the rest of that region is dropped up to its end. */
export type RegionKind = "passthrough" | "region" | "overflow" | "truncated";

/**
 * Called in stream order. `buffer[from … to)` are IDs, valid during the call only. `name` and `verdict` are empty for
 * passthrough; `verdict` is empty for overflow and truncated.
 */
export type RegionCallback = (
  kind: RegionKind,
  name: string,
  verdict: string,
  buffer: ArrayLike<number>,
  from: number,
  to: number,
) => void;

interface Marker {
  readonly ids: readonly number[];
  readonly rule: RegionRule;
  /** Undefined for an opener. */
  readonly verdict?: string;
}

const DEFAULT_CAP = 65_536;

/**
 * @example
 * const scanner = new RegionScanner([
 *   { name: "message", start: [[200006]], end: [{ ids: [200012], verdict: "call" }, { ids: [200007], verdict: "end" }] },
 * ]);
 * scanner.scan(ids, (kind, name, verdict, buffer, from, to) => { … });
 */
export class RegionScanner {
  readonly #openers: readonly Marker[];
  readonly #enders: ReadonlyMap<RegionRule, readonly Marker[]>;
  /** The only opener is a single ID, which can be searched for. */
  readonly #onlyOpener: number | undefined;
  #rule: RegionRule | undefined;
  #body: number[] = [];
  #overflowed = false;
  /** IDs that may be the beginning of a marker. */
  #held: number[] = [];

  constructor(rules: readonly RegionRule[]) {
    this.#openers = rules.flatMap((rule) => rule.start.map((ids) => ({ ids, rule })));
    this.#enders = new Map(
      rules.map((rule) => [rule, rule.end.map(({ ids, verdict }) => ({ ids, rule, verdict }))] as const),
    );
    const all = [...this.#openers, ...[...this.#enders.values()].flat()];
    if (rules.length === 0 || all.some(({ ids }) => ids.length === 0)) {
      throw new CodecError(
        "INVALID_ARGUMENT",
        "Region rules need at least one rule, and markers of at least one ID.",
      );
    }
    const [opener] = this.#openers;
    this.#onlyOpener = this.#openers.length === 1 && opener?.ids.length === 1 ? opener.ids[0] : undefined;
  }

  /** Name of the region that is open, if any. */
  get inside(): string | undefined {
    return this.#rule?.name;
  }

  reset(): void {
    this.#rule = undefined;
    this.#body = [];
    this.#overflowed = false;
    this.#held = [];
  }

  /** Takes the next IDs. */
  scan(ids: Uint32Array | readonly number[], on: RegionCallback): void {
    if (this.#held.length > 0) {
      const joined = Uint32Array.from([...this.#held, ...ids]);
      this.#held = [];
      this.#run(joined, on);
    } else {
      this.#run(ids, on);
    }
  }

  /** Ends the stream: an open region is `truncated`. */
  end(on: RegionCallback): void {
    const held = this.#held;
    this.#held = [];
    if (this.#rule === undefined) {
      if (held.length > 0) on("passthrough", "", "", held, 0, held.length);
    } else {
      for (const id of held) this.#append(id, on);
      on("truncated", this.#rule.name, "", this.#body, 0, this.#body.length);
    }
    this.reset();
  }

  #run(ids: Uint32Array | readonly number[], on: RegionCallback): void {
    let at = 0;
    while (at < ids.length)
      at = this.#rule === undefined ? this.#outside(ids, at, on) : this.#inside(ids, at, this.#rule, on);
  }

  /** Passes IDs through up to the next opener. Returns where to go on. */
  #outside(ids: Uint32Array | readonly number[], from: number, on: RegionCallback): number {
    const pass = (to: number): void => {
      if (to > from) on("passthrough", "", "", ids, from, to);
    };
    let at = from;
    if (this.#onlyOpener !== undefined) {
      const found = ids.indexOf(this.#onlyOpener, from);
      at = found < 0 ? ids.length : found;
    }
    for (; at < ids.length; at++) {
      const marker = this.#match(ids, at, this.#openers);
      if (marker === "open") {
        pass(at);
        this.#held = Array.prototype.slice.call(ids, at);
        return ids.length;
      }
      if (marker === undefined) continue;
      pass(at);
      this.#rule = marker.rule;
      return at + marker.ids.length;
    }
    pass(ids.length);
    return ids.length;
  }

  #inside(ids: Uint32Array | readonly number[], from: number, rule: RegionRule, on: RegionCallback): number {
    const nested = rule.nested ?? "drop";
    const markers = [
      ...this.#enders.get(rule)!,
      ...(nested === "keep" ? [] : this.#openers.filter((opener) => opener.rule === rule)),
    ];
    for (let at = from; at < ids.length; at++) {
      const marker = this.#match(ids, at, markers);
      if (marker === "open") {
        this.#held = Array.prototype.slice.call(ids, at);
        return ids.length;
      }
      if (marker === undefined) {
        this.#append(ids[at]!, on);
        continue;
      }
      const next = at + marker.ids.length;
      if (marker.verdict !== undefined) {
        this.#close(rule, marker.verdict, on);
        return next;
      }
      if (nested === "restart") {
        on("truncated", rule.name, "", this.#body, 0, this.#body.length);
        this.#body = [];
        this.#overflowed = false;
      }
      at = next - 1;
    }
    return ids.length;
  }

  #append(id: number, on: RegionCallback): void {
    const rule = this.#rule!;
    if (this.#body.length < (rule.cap ?? DEFAULT_CAP)) {
      this.#body.push(id);
    } else if (!this.#overflowed) {
      this.#overflowed = true;
      on("overflow", rule.name, "", this.#body, 0, this.#body.length);
    }
  }

  #close(rule: RegionRule, verdict: string, on: RegionCallback): void {
    if (!this.#overflowed) on("region", rule.name, verdict, this.#body, 0, this.#body.length);
    this.#rule = undefined;
    this.#body = [];
    this.#overflowed = false;
  }

  /** The marker at `at`; `"open"` when the IDs end inside one and none is complete. */
  #match(
    ids: Uint32Array | readonly number[],
    at: number,
    markers: readonly Marker[],
  ): Marker | "open" | undefined {
    let open = false;
    for (const marker of markers) {
      let length = 0;
      while (
        length < marker.ids.length &&
        at + length < ids.length &&
        ids[at + length] === marker.ids[length]
      )
        length++;
      if (length === marker.ids.length) return marker;
      open ||= at + length === ids.length;
    }
    return open ? "open" : undefined;
  }
}
