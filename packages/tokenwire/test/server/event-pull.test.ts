import { setImmediate as turn } from "node:timers/promises";
import { describe, expect, it } from "vitest";
import { EventPull, type EventTaker, type Failure } from "../../src/server/event-pull.ts";

class Taker implements EventTaker<number> {
  /** Settles as the pull ends. */
  readonly done: Promise<void> = new Promise((resolve, reject) => {
    this.end = (failure) => (failure ? reject(failure.reason) : resolve());
  });
  declare end: (failure: Failure | undefined) => void;
  readonly taken: number[] = [];
  readonly calls: string[] = [];
  pressure: Promise<void> | undefined;
  until = Number.POSITIVE_INFINITY;

  take(event: number): boolean {
    this.taken.push(event);
    return event < this.until;
  }

  hold(): void {
    this.calls.push("hold");
  }

  resume(): void {
    this.calls.push("resume");
  }
}

/** Counts without end, and never leaves the event loop a turn; `state` tells how far it came and whether it ended. */
function endless(): { events: AsyncIterable<number>; state: { given: number; closed: boolean } } {
  const state = { given: 0, closed: false };
  async function* count(): AsyncGenerator<number> {
    try {
      for (;;) yield ++state.given;
    } finally {
      state.closed = true;
    }
  }
  return { events: count(), state };
}

async function* upTo(end: number): AsyncGenerator<number> {
  for (let event = 1; event <= end; event++) yield event;
}

describe("a pull", () => {
  it("takes every event in order and resolves at the end", async () => {
    const taker = new Taker();
    new EventPull(upTo(50), taker);
    await taker.done;
    expect(taker.taken).toEqual(Array.from({ length: 50 }, (_, i) => i + 1));
  });

  it("gives the event loop a turn every four events of an engine that never does", async () => {
    const taker = new Taker();
    const { events, state } = endless();
    const pull = new EventPull(events, taker);
    const perTurn: number[] = [];
    for (let i = 0; i < 5; i++) {
      const before = taker.taken.length;
      await turn();
      perTurn.push(taker.taken.length - before);
    }
    expect(perTurn.slice(1)).toEqual([4, 4, 4, 4]);
    // One more is pulled than taken, to see whether the engine leaves the turn by itself.
    expect(state.given - taker.taken.length).toBeLessThanOrEqual(1);
    pull.stop(new Error("enough"));
    await expect(taker.done).rejects.toThrow("enough");
    const { given } = state;
    await turn();
    await turn();
    expect(state).toEqual({ given, closed: true });
  });

  it("ends an engine of which no more is wanted", async () => {
    const taker = new Taker();
    taker.until = 3;
    const { events, state } = endless();
    new EventPull(events, taker);
    await taker.done;
    expect(taker.taken).toEqual([1, 2, 3]);
    await turn();
    expect(state).toEqual({ given: 3, closed: true });
  });

  it("waits while there is pressure, and says so", async () => {
    const taker = new Taker();
    let relieve = (): void => undefined;
    taker.pressure = new Promise((resolve) => {
      relieve = resolve;
    });
    const { events, state } = endless();
    new EventPull(events, taker);
    await turn();
    await turn();
    expect(taker.taken).toEqual([1]);
    expect(state.given).toBe(1);
    expect(taker.calls).toEqual(["hold"]);
    taker.pressure = undefined;
    taker.until = 2;
    relieve();
    await taker.done;
    expect(taker.calls).toEqual(["hold", "resume"]);
  });

  it("stops at once although the engine hangs", async () => {
    async function* hang(): AsyncGenerator<number> {
      yield 1;
      await new Promise(() => undefined);
    }
    const taker = new Taker();
    const pull = new EventPull(hang(), taker);
    await turn();
    pull.stop(new Error("gone"));
    await expect(taker.done).rejects.toThrow("gone");
    expect(taker.taken).toEqual([1]);
  });

  it("rejects with what the engine or the taker raises", async () => {
    async function* fail(): AsyncGenerator<number> {
      yield 1;
      throw new Error("engine");
    }
    const taker = new Taker();
    new EventPull(fail(), taker);
    await expect(taker.done).rejects.toThrow("engine");
    const picky = new Taker();
    picky.take = () => {
      throw new Error("taker");
    };
    const { events, state } = endless();
    new EventPull(events, picky);
    await expect(picky.done).rejects.toThrow("taker");
    await turn();
    expect(state.closed).toBe(true);
  });
});
