// Asks workers how busy they are, now and then. One that does not answer is judged by what was sent to it from here.

import { EngineError } from "../engine.ts";
import type { Worker } from "./worker.ts";

/** Milliseconds for an answer. */
const patience = 5_000;

export class LoadMonitor {
  readonly #workers: readonly Worker[];
  readonly #timer: NodeJS.Timeout;
  /** Workers that have been asked and not answered yet, or that never will. */
  readonly #asked: Set<Worker> = new Set();

  /** @param interval milliseconds between two questions; the first is asked at once. */
  constructor(workers: readonly Worker[], interval: number) {
    this.#workers = workers;
    this.#timer = setInterval(() => this.#askAll(), interval).unref();
    this.#askAll();
  }

  stop(): void {
    clearInterval(this.#timer);
  }

  #askAll(): void {
    for (const worker of this.#workers) if (!this.#asked.has(worker)) void this.#ask(worker);
  }

  async #ask(worker: Worker): Promise<void> {
    // Requests that go out from now on may be missing in the answer.
    const asked = worker.begun;
    this.#asked.add(worker);
    try {
      const load = await worker.engine.load?.(AbortSignal.timeout(patience));
      worker.report = load && { load, asked };
    } catch (error) {
      worker.report = undefined;
      if (error instanceof EngineError && error.code === "unsupported") return;
    }
    this.#asked.delete(worker);
  }
}
