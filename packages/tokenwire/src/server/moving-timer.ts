// A timer for what is put off again and again, as by every token. Putting it off costs nothing here: when the timer
// rings, it asks when it is due. (Restarting one moves it in a list, between the timers of two other streams.)

/** What is to happen, and when. */
export interface Due {
  /** As of `performance.now()`; infinity: never, as things are. */
  readonly dueAt: number;
  /** The time has come. `dueAt` then says when it comes again. */
  onDue(): void;
}

export class MovingTimer {
  readonly #due: Due;
  #timer: NodeJS.Timeout | undefined;
  #stopped = false;

  /** Starts. It does not keep the process alive. */
  constructor(due: Due) {
    this.#due = due;
    this.restart();
  }

  /** To be called where the time has come nearer. */
  restart(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    const { dueAt } = this.#due;
    if (this.#stopped || dueAt === Number.POSITIVE_INFINITY) return;
    const milliseconds = Math.max(1, Math.ceil(dueAt - performance.now()));
    this.#timer = setTimeout(ring, milliseconds, this).unref();
  }

  /** For good. */
  stop(): void {
    this.#stopped = true;
    clearTimeout(this.#timer);
  }

  ring(): void {
    if (this.#due.dueAt <= performance.now()) this.#due.onDue();
    this.restart();
  }
}

/** One function for all timers. */
function ring(timer: MovingTimer): void {
  timer.ring();
}
