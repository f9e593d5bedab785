import { afterEach, describe, expect, it, vi } from "vitest";
import { createPythonTool, type PythonBackend, PythonSessions, runTool } from "../../../src/tools/index.ts";

/** An interpreter with one variable: `x=3` sets it, anything else shows it. */
function createFake(): PythonBackend & { closed: boolean } {
  let x = "nothing";
  return {
    isStateful: true,
    closed: false,
    async run(source) {
      if (source.startsWith("x=")) x = source.slice(2);
      return { text: `${x}\n`, status: "ok" };
    },
    async close() {
      this.closed = true;
    },
  };
}

const { signal } = new AbortController();
const options = { signal };

function setUp(limits: { maxSessions?: number; idleTimeout?: number } = {}) {
  const made: ReturnType<typeof createFake>[] = [];
  const sessions = new PythonSessions({
    ...limits,
    createBackend: () => {
      made.push(createFake());
      return made.at(-1)!;
    },
  });
  return { sessions, made };
}

describe("PythonSessions", () => {
  afterEach(() => vi.useRealTimers());

  it("keeps variables from one turn to the next, by key", async () => {
    const { sessions, made } = setUp();
    const first = sessions.open("a");
    await first.run("x=1", options);
    await first.close();
    const second = sessions.open("a", { resumed: true });
    expect((await second.run("x", options)).text).toBe("1\n");
    expect((await sessions.open("b").run("x", options)).text).toBe("nothing\n");
    expect(made).toHaveLength(2);
  });

  it("starts nothing before the first cell", async () => {
    const { sessions, made } = setUp();
    await sessions.open("a").close();
    expect(made).toHaveLength(0);
  });

  it("says once that the session of an earlier turn is gone", async () => {
    const { sessions } = setUp();
    const tool = createPythonTool({ backend: sessions.open("old", { resumed: true }) });
    const run = async (source: string) =>
      (await runTool(tool, { function: "", arguments: source }, options)).text;
    expect(await run("x=1")).toBe(
      "[WARN] The earlier Python session has ended; its variables and files are gone.\n1\n",
    );
    expect(await run("x")).toBe("1\n");
  });

  it("ends a session that rested too long, and never one that is held", async () => {
    vi.useFakeTimers();
    const { sessions, made } = setUp({ idleTimeout: 1000 });
    const held = sessions.open("held");
    const resting = sessions.open("resting");
    await held.run("x=1", options);
    await resting.run("x=2", options);
    await resting.close();
    await vi.advanceTimersByTimeAsync(999);
    expect(sessions.size).toBe(2);
    await vi.advanceTimersByTimeAsync(1);
    expect(made.map(({ closed }) => closed)).toEqual([false, true]);
    expect((await held.run("x", options)).text).toBe("1\n");
    // Taken up again just before its time is over.
    await held.close();
    await vi.advanceTimersByTimeAsync(999);
    const again = sessions.open("held");
    await again.run("x", options);
    await vi.advanceTimersByTimeAsync(5000);
    expect((await again.run("x", options)).text).toBe("1\n");
    expect(made).toHaveLength(2);
  });

  it("makes room by ending the session that rested longest", async () => {
    const { sessions, made } = setUp({ maxSessions: 2 });
    for (const key of ["a", "b"]) {
      const one = sessions.open(key);
      await one.run(`x=${key}`, options);
      await one.close();
    }
    const again = sessions.open("a");
    await again.run("x", options);
    await again.close();
    await sessions.open("c").run("x", options);
    expect(made.map(({ closed }) => closed)).toEqual([false, true, false]);
    expect(sessions.size).toBe(2);
  });

  it("lets the next one wait while all are held, until the abort", async () => {
    const { sessions } = setUp({ maxSessions: 1 });
    const first = sessions.open("a");
    await first.run("x=1", options);
    const abort = new AbortController();
    const given = sessions.open("b").run("x", { signal: abort.signal });
    const waiting = sessions.open("c").run("x", options);
    abort.abort(new Error("left"));
    await expect(given).rejects.toThrow("left");
    await first.close();
    expect((await waiting).text).toBe("nothing\n");
  });

  it("serves nobody once it is closed", async () => {
    const { sessions, made } = setUp();
    const held = sessions.open("a");
    await held.run("x=1", options);
    await sessions.close();
    expect(made[0]!.closed).toBe(true);
    await expect(held.run("x", options)).rejects.toThrow(/were closed/);
    await expect(sessions.open("b").run("x", options)).rejects.toThrow(/were closed/);
  });
});
