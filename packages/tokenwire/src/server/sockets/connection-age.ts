// How old a WebSocket may become: a warning while there is time to open another one, then the end.

/** Runs tasks later; the machine's own by default. */
export interface Clock {
  /** Calls `task` after so many milliseconds, unless the function it returns is called before. */
  after(milliseconds: number, task: () => void): () => void;
}

const machineClock: Clock = {
  after: (milliseconds, task) => {
    const timer = setTimeout(task, milliseconds).unref();
    return () => clearTimeout(timer);
  },
};

export interface ConnectionAgeOptions {
  /** Milliseconds that a connection lasts; 0: for ever. */
  readonly lifetime: number;
  /** Told how many milliseconds are left: 300 s of the usual hour. */
  readonly warn: (left: number) => void;
  readonly end: () => void;
  readonly clock?: Clock;
}

/** Starts counting; the function it returns stops it. */
export function watchAge({ lifetime, warn, end, clock = machineClock }: ConnectionAgeOptions): () => void {
  if (lifetime === 0) return () => undefined;
  const left = lifetime / 12;
  let stop = clock.after(lifetime - left, () => {
    stop = clock.after(left, end);
    warn(left);
  });
  return () => stop();
}
