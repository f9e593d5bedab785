// How many requests generate at once. Beyond that they wait in a bounded queue; beyond the queue they are refused, so
// that latency stays bounded however many clients come.

import { ApiError } from "../protocol/index.ts";
import type { Cancellation } from "./cancellation.ts";
import { retryHeaders } from "./errors.ts";
import type { Observation } from "./observability/observation.ts";
import type { ServerSettings } from "./options.ts";

/** Who wants a slot: until when, and who is told how long it took. */
interface Applicant {
  readonly signal: Cancellation;
  readonly observation: Pick<Observation, "admitted">;
}

interface Waiting {
  readonly admit: () => void;
  readonly refuse: (reason: unknown) => void;
}

export class Admission {
  readonly #limits: ServerSettings["limits"];
  readonly #patience: number;
  readonly #queue: Waiting[] = [];
  #running = 0;

  constructor(settings: ServerSettings) {
    this.#limits = settings.limits;
    this.#patience = settings.timeouts.queue;
  }

  get running(): number {
    return this.#running;
  }

  get waiting(): number {
    return this.#queue.length;
  }

  /**
   * Runs a task in a slot. Rejects with 429 when the queue is full, 503 after too long a wait. Once the task runs, only
   * its promise is held on to.
   */
  run<T>({ signal, observation }: Applicant, task: () => Promise<T>): Promise<T> {
    if (this.#running < this.#limits.running) {
      this.#running++;
      observation.admitted(0);
      return task().finally(this.#leave);
    }
    const arrived = performance.now();
    return this.#wait(signal).then(() => {
      observation.admitted(performance.now() - arrived);
      return task().finally(this.#leave);
    });
  }

  /** A free slot passes straight to the longest waiting request. */
  readonly #leave = (): void => {
    const next = this.#queue.shift();
    if (next) next.admit();
    else this.#running--;
  };

  async #wait(signal: Cancellation): Promise<void> {
    if (this.#queue.length >= this.#limits.waiting) {
      throw new ApiError(
        429,
        `The server is busy: ${this.#queue.length} requests are waiting. Retry later.`,
        {
          wireCode: "rate_limit_exceeded",
          headers: retryHeaders(1_000),
        },
      );
    }
    return new Promise((resolve, reject) => {
      let patience: NodeJS.Timeout | undefined;
      const leave = (): void => {
        clearTimeout(patience);
        signal.removeEventListener("abort", onAbort);
        const at = this.#queue.indexOf(entry);
        if (at >= 0) this.#queue.splice(at, 1);
      };
      const entry: Waiting = {
        admit: () => {
          leave();
          resolve();
        },
        refuse: (reason) => {
          leave();
          reject(reason);
        },
      };
      const onAbort = (): void => entry.refuse(signal.reason);
      signal.addEventListener("abort", onAbort, { once: true });
      if (this.#patience > 0) {
        patience = setTimeout(() => {
          entry.refuse(
            new ApiError(503, "The server is overloaded: the request waited too long. Retry later.", {
              wireCode: "overloaded",
              headers: retryHeaders(5_000),
            }),
          );
        }, this.#patience).unref();
      }
      this.#queue.push(entry);
    });
  }
}
