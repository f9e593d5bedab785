// When waiting IDs leave. The first of an answer at once; later ones when enough wait or enough time has passed, because
// a packet costs more than any format saves.

export interface FlushRule {
  readonly maxIds: number;
  readonly maxDelayMs: number;
}

export class FlushTimer {
  readonly #rule: FlushRule;
  readonly #flush: () => void;
  #timer: NodeJS.Timeout | undefined;
  #immediate: NodeJS.Immediate | undefined;
  #first = true;

  constructor(rule: FlushRule, flush: () => void) {
    this.#rule = rule;
    this.#flush = flush;
  }

  /** IDs came. `urgent`: they must not wait. */
  notify(waiting: number, urgent: boolean): void {
    if (urgent || (this.#first && waiting > 0) || waiting >= this.#rule.maxIds) {
      this.#first = false;
      this.#now();
    } else if (waiting > 0 && this.#rule.maxDelayMs === 0) {
      this.#immediate ??= setImmediate(() => this.#now());
    } else if (waiting > 0) {
      this.#timer ??= setTimeout(() => this.#now(), this.#rule.maxDelayMs);
    }
  }

  stop(): void {
    clearTimeout(this.#timer);
    clearImmediate(this.#immediate);
    this.#timer = undefined;
    this.#immediate = undefined;
  }

  #now(): void {
    this.stop();
    this.#flush();
  }
}
