import { describe, expect, it } from "vitest";
import { type Cancellation, RequestCancellation, toSignal } from "../../src/server/cancellation.ts";

const makers: Readonly<Record<string, () => Cancellation & { abort: (reason: unknown) => void }>> = {
  "the cancellation of a request": () => new RequestCancellation(),
  "a signal, with which it has to agree": () => {
    const controller = new AbortController();
    return Object.assign(controller.signal, { abort: (reason: unknown) => controller.abort(reason) });
  },
};

describe.each(Object.entries(makers))("%s", (_name, make) => {
  it("tells its listeners once, when it has its reason", () => {
    const cancellation = make();
    const told: unknown[] = [];
    cancellation.addEventListener("abort", () => told.push(cancellation.reason), { once: true });
    expect(cancellation.aborted).toBe(false);
    cancellation.abort("first");
    cancellation.abort("second");
    expect(cancellation.aborted).toBe(true);
    expect([told, cancellation.reason]).toEqual([["first"], "first"]);
  });

  it("forgets who no longer listens", () => {
    const cancellation = make();
    let told = 0;
    const listener = (): void => {
      told++;
    };
    cancellation.addEventListener("abort", listener, { once: true });
    cancellation.removeEventListener("abort", listener);
    cancellation.abort("over");
    expect(told).toBe(0);
  });

  it.each([true, false])("is a signal for others, asked for before the abort: %s", (before) => {
    const cancellation = make();
    const early = before ? toSignal(cancellation) : undefined;
    cancellation.abort("over");
    if (early) expect(early.aborted).toBe(true);
    const signal = toSignal(cancellation);
    expect(signal).toBeInstanceOf(AbortSignal);
    expect([signal.aborted, signal.reason]).toEqual([true, "over"]);
    if (early) expect(early).toBe(signal);
  });
});
