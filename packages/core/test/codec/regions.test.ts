import { type RegionRule, RegionScanner, ToolWatcher, type WatcherEvent } from "@tokenwire/core/codec";
import fc from "fast-check";
import { describe, expect, it } from "vitest";

describe("ToolWatcher", () => {
  const map = { id: "a/b", special_tokens: { "<call>": 90, "</call>": 91 } };

  /** Joins neighbouring passthrough runs, the only thing that depends on how a stream is fed. */
  function joined(events: readonly WatcherEvent[]): WatcherEvent[] {
    const out: WatcherEvent[] = [];
    for (const event of events) {
      const last = out.at(-1);
      if (event.kind === "passthrough" && last?.kind === "passthrough") last.ids.push(...event.ids);
      else out.push(event);
    }
    return out;
  }

  it("gives the same events however a stream is fed, as arrays or typed arrays", () => {
    const id = fc.constantFrom(90, 91, 1, 2, 3);
    fc.assert(
      fc.property(
        fc.array(id, { maxLength: 60 }),
        fc.array(fc.integer({ min: 1, max: 40 })),
        fc.integer({ min: 1, max: 6 }),
        (ids, sizes, cap) => {
          const whole = new ToolWatcher(map, "<call>", "</call>", cap);
          const expected = joined([...whole.feed(ids), ...whole.end("length")]);
          const parts = new ToolWatcher(map, "<call>", "</call>", cap);
          const events: WatcherEvent[] = [];
          let at = 0;
          for (const size of sizes) {
            events.push(...parts.feed(Uint32Array.from(ids.slice(at, at + size))));
            at += size;
          }
          events.push(...parts.feed(ids.slice(at)), ...parts.end("length"));
          expect(joined(events)).toEqual(expected);
        },
      ),
      { numRuns: 500, seed: 2 },
    );
  });

  it("owns nothing it returns", () => {
    const watcher = ToolWatcher.fromIds(90, 91);
    const fed = [1, 2];
    const [event] = watcher.feed(fed);
    event?.ids.push(3);
    expect(fed).toEqual([1, 2]);
  });

  it("speaks to old clients, resets, and changes its cap", () => {
    const watcher = ToolWatcher.fromIds(90, 91, 1, { legacyEvents: true });
    expect(watcher.feed([90, 90, 1, 2, 91, 3])).toEqual([{ kind: "passthrough", ids: [3] }]);
    watcher.setRegionCap(0);
    expect(watcher.regionCap).toBe(65_536);
    watcher.feed([90, 5]);
    expect(watcher.inside).toBe(true);
    watcher.reset();
    expect(watcher.inside).toBe(false);
    expect(watcher.end()).toEqual([]);
  });

  it("names the markers that exist", () => {
    expect(() => new ToolWatcher(map, "<x>", "</call>")).toThrow(
      /no special token "<x>". It has: <call>, <\/call>/,
    );
  });
});

describe("RegionScanner", () => {
  const harmony: RegionRule = {
    name: "message",
    start: [[6]],
    end: [
      { ids: [12], verdict: "call" },
      { ids: [7], verdict: "end" },
    ],
  };
  const fence: RegionRule = {
    name: "fence",
    start: [[1, 2, 3]],
    end: [{ ids: [3, 2], verdict: "closed" }],
    cap: 4,
  };

  function scan(rules: readonly RegionRule[], feeds: readonly (readonly number[])[]): unknown[] {
    const scanner = new RegionScanner(rules);
    const events: { kind: string; name: string; verdict: string; ids: number[] }[] = [];
    const on = (
      kind: string,
      name: string,
      verdict: string,
      buffer: ArrayLike<number>,
      from: number,
      to: number,
    ): void => {
      const ids = Array.from(buffer).slice(from, to);
      const last = events.at(-1);
      if (kind === "passthrough" && last?.kind === "passthrough") last.ids.push(...ids);
      else events.push({ kind, name, verdict, ids });
    };
    for (const ids of feeds) scanner.scan(ids, on);
    scanner.end(on);
    return events;
  }

  it("tells calls from other messages by how they end", () => {
    expect(
      scan(
        [harmony],
        [
          [0, 6, 1, 2, 12, 6, 3],
          [7, 9, 6, 4],
        ],
      ),
    ).toEqual([
      { kind: "passthrough", name: "", verdict: "", ids: [0] },
      { kind: "region", name: "message", verdict: "call", ids: [1, 2] },
      { kind: "region", name: "message", verdict: "end", ids: [3] },
      { kind: "passthrough", name: "", verdict: "", ids: [9] },
      { kind: "truncated", name: "message", verdict: "", ids: [4] },
    ]);
  });

  it("drops, keeps or restarts at an opener inside", () => {
    const ids = [[6, 1, 6, 2, 7]];
    const region = (kept: number[]): unknown => ({
      kind: "region",
      name: "message",
      verdict: "end",
      ids: kept,
    });
    expect(scan([harmony], ids)).toEqual([region([1, 2])]);
    expect(scan([{ ...harmony, nested: "keep" }], ids)).toEqual([region([1, 6, 2])]);
    expect(scan([{ ...harmony, nested: "restart" }], ids)).toEqual([
      { kind: "truncated", name: "message", verdict: "", ids: [1] },
      region([2]),
    ]);
  });

  it("finds several kinds with long markers, however they are fed", () => {
    const id = fc.integer({ min: 1, max: 12 });
    fc.assert(
      fc.property(fc.array(id, { maxLength: 50 }), fc.array(fc.integer({ min: 1, max: 6 })), (ids, sizes) => {
        const feeds: number[][] = [];
        let at = 0;
        for (const size of sizes) {
          feeds.push(ids.slice(at, at + size));
          at += size;
        }
        feeds.push(ids.slice(at));
        expect(scan([harmony, fence], feeds)).toEqual(scan([harmony, fence], [ids]));
      }),
      { numRuns: 500, seed: 9 },
    );
  });

  it("keeps only so much of a region", () => {
    expect(scan([fence], [[1, 2, 3, 5, 5, 5, 5, 5, 5, 3, 2, 9]])).toEqual([
      { kind: "overflow", name: "fence", verdict: "", ids: [5, 5, 5, 5] },
      { kind: "passthrough", name: "", verdict: "", ids: [9] },
    ]);
    expect(() => new RegionScanner([])).toThrow(/at least one rule/);
  });
});
