// Ctrl-C in a run of samples.

/** How long samples in flight may take after Ctrl-C. */
const graceTime = 10_000;

export interface Interrupts {
  /** Nothing new is started. */
  readonly stop: AbortSignal;
  /** What is in flight ends. */
  readonly signal: AbortSignal;
  off(): void;
}

/** The first Ctrl-C lets running samples finish, for a while; the second ends them. */
export function listenForInterrupts(): Interrupts {
  const stop = new AbortController();
  const end = new AbortController();
  let timer: NodeJS.Timeout | undefined;
  const interrupt = (): void => {
    if (stop.signal.aborted) {
      end.abort();
      return;
    }
    process.stderr.write("\nFinishing what is in flight; finished samples are kept. Resume with --resume.\n");
    stop.abort();
    timer = setTimeout(() => end.abort(), graceTime);
  };
  process.on("SIGINT", interrupt);
  const off = (): void => {
    clearTimeout(timer);
    process.off("SIGINT", interrupt);
  };
  return { stop: stop.signal, signal: end.signal, off };
}
