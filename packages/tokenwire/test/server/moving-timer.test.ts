// Timers that are put off, on a clock that the test turns.

import fc from "fast-check";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { type Due, MovingTimer } from "../../src/server/moving-timer.ts";

beforeEach(() => {
  vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout", "performance"] });
});
const timers: MovingTimer[] = [];
afterEach(() => {
  for (const timer of timers.splice(0)) timer.stop();
  vi.useRealTimers();
});

const never = Number.POSITIVE_INFINITY;

/** Something that happens once, and when it did. */
class Event implements Due {
  dueAt: number;
  readonly rang: number[] = [];
  readonly timer: MovingTimer;

  constructor(wait: number) {
    this.dueAt = performance.now() + wait;
    this.timer = new MovingTimer(this);
    timers.push(this.timer);
  }

  onDue(): void {
    this.rang.push(Math.round(performance.now()));
    this.dueAt = never;
  }

  move(wait: number): void {
    this.dueAt = performance.now() + wait;
  }
}

describe("a moving timer", () => {
  it("rings when it is due, however often it was put off", () => {
    const start = performance.now();
    const event = new Event(100);
    for (let i = 0; i < 10; i++) {
      vi.advanceTimersByTime(60);
      event.move(100);
    }
    vi.advanceTimersByTime(99);
    expect(event.rang).toEqual([]);
    vi.advanceTimersByTime(2);
    expect(event.rang).toHaveLength(1);
    expect(event.rang[0]! - start).toBeGreaterThanOrEqual(700);
  });

  it("rings earlier when it is told so, and not at all after it was stopped", () => {
    const early = new Event(1_000);
    const late = new Event(50);
    early.move(10);
    early.timer.restart();
    late.timer.stop();
    late.timer.restart();
    vi.advanceTimersByTime(12);
    expect(early.rang).toHaveLength(1);
    vi.advanceTimersByTime(5_000);
    expect([early.rang.length, late.rang.length]).toEqual([1, 0]);
  });

  it("leaves no timer behind", () => {
    const events = [20, 10, 30].map((wait) => new Event(wait));
    expect(vi.getTimerCount()).toBe(1);
    for (const { timer } of events) timer.stop();
    expect(vi.getTimerCount()).toBe(0);
  });

  it("rings beside any others at its own time", () => {
    const action = fc.record({
      at: fc.integer({ min: 0, max: 30 }),
      kind: fc.constantFrom("start", "move", "restart", "stop"),
      wait: fc.integer({ min: 0, max: 50 }),
      which: fc.nat(),
    });
    fc.assert(
      fc.property(fc.array(action, { maxLength: 40 }), (actions) => {
        const start = performance.now();
        const events: Event[] = [];
        /** When each is to ring, as far as is known. */
        const due: number[] = [];
        const stopped = new Set<Event>();
        for (const { at, kind, wait, which } of actions.sort((a, b) => a.at - b.at)) {
          vi.advanceTimersByTime(Math.max(0, start + at - performance.now()));
          const chosen = which % Math.max(1, events.length);
          const event = events[chosen];
          if (kind === "start") {
            events.push(new Event(wait));
            due.push(performance.now() + wait);
          } else if (event === undefined || event.rang.length > 0) continue;
          else if (kind === "stop") {
            event.timer.stop();
            stopped.add(event);
          } else {
            // Putting it off needs no word; bringing it nearer does.
            const time = kind === "move" ? Math.max(wait, due[chosen]! - performance.now()) : wait;
            event.move(time);
            due[chosen] = performance.now() + time;
            if (kind === "restart") event.timer.restart();
          }
        }
        vi.advanceTimersByTime(200);
        for (const [i, event] of events.entries()) {
          if (stopped.has(event)) expect(event.rang).toEqual([]);
          else {
            expect(event.rang).toHaveLength(1);
            expect(Math.abs(event.rang[0]! - due[i]!)).toBeLessThanOrEqual(2);
          }
        }
      }),
      { seed: 20_261, numRuns: 300 },
    );
  });
});
