// Work that shares state runs one piece after the other, in the order in which it was handed in.

export class TaskQueue {
  #last: Promise<void> = Promise.resolve();
  #pending = 0;

  /** Nothing runs and nothing waits. */
  get idle(): boolean {
    return this.#pending === 0;
  }

  /** Runs `task` when all before it are over, well or badly. One whose signal has fired by then never starts. */
  run<T>(task: () => Promise<T>, signal?: AbortSignal): Promise<T> {
    this.#pending += 1;
    const turn = this.#last.then(() => {
      signal?.throwIfAborted();
      return task();
    });
    const settled = (): void => {
      this.#pending -= 1;
    };
    this.#last = turn.then(settled, settled);
    return turn;
  }
}

/** One queue per key, kept only while it is in use. */
export class KeyedQueues {
  readonly #queues = new Map<unknown, TaskQueue>();

  async run<T>(key: unknown, task: () => Promise<T>): Promise<T> {
    const queue = this.#queues.get(key) ?? new TaskQueue();
    this.#queues.set(key, queue);
    try {
      return await queue.run(task);
    } finally {
      if (queue.idle && this.#queues.get(key) === queue) this.#queues.delete(key);
    }
  }
}
