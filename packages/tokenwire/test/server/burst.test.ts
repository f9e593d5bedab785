// Requests that arrive together begin a few per turn of the event loop, in their order.

import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { placeInTurn } from "../../src/server/burst.ts";

/** Milliseconds; grows only when a test says so. */
let clock = 0;

beforeEach(async () => {
  clock = 1_000;
  vi.spyOn(performance, "now").mockImplementation(() => clock);
  await nextTurn();
});

afterEach(() => {
  vi.restoreAllMocks();
});

function nextTurn(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}

/** Requests that arrive in this turn, each of which works for so many milliseconds; the turns in which they began. */
async function arrive(count: number, milliseconds: number): Promise<number[]> {
  let turn = 0;
  let over = false;
  const countTurn = (): void => {
    turn++;
    if (!over) setImmediate(countTurn);
  };
  setImmediate(countTurn);
  const began: number[] = [];
  await Promise.all(
    Array.from({ length: count }, async (_, request) => {
      const place = placeInTurn();
      if (place !== undefined) await place;
      began[request] = turn;
      clock += milliseconds;
    }),
  );
  over = true;
  await nextTurn();
  return began;
}

describe("a burst of requests", () => {
  it("begins at once where it takes little time", async () => {
    expect(new Set(await arrive(100, 0.01))).toEqual(new Set([0]));
  });

  it("begins a few per turn, in the order of arrival, and every one", async () => {
    const began = await arrive(40, 2);
    expect(began).toEqual(began.toSorted((a, b) => a - b));
    const perTurn = new Map<number, number>();
    for (const turn of began) perTurn.set(turn, (perTurn.get(turn) ?? 0) + 1);
    // 5 ms: the third begins at 4 ms, a fourth would at 6.
    expect([...perTurn.values()]).toEqual([...new Array(13).fill(3), 1]);
  });

  it("begins one per turn where each takes longer than a turn should", async () => {
    expect(await arrive(5, 50)).toEqual([0, 1, 2, 3, 4]);
  });

  it("lets those who wait go before those who come later", async () => {
    const order: string[] = [];
    const begin = async (name: string): Promise<void> => {
      const place = placeInTurn();
      if (place !== undefined) await place;
      order.push(name);
      clock += 6;
    };
    const first = [begin("a"), begin("b"), begin("c")];
    await nextTurn();
    const later = begin("d");
    await Promise.all([...first, later]);
    expect(order).toEqual(["a", "b", "c", "d"]);
  });
});
