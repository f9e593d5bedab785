// Pulls the events of an engine, one by one, as fast as they are taken. Driven by callbacks: `await` costs three
// promises per token, and its `finally` waits for an engine that hangs.

import { currentTurn } from "./turn.ts";

/** Where the events go. */
export interface EventTaker<T> {
  /** False: no more is wanted. What it raises ends the pull. */
  take(event: T): boolean;
  /** A promise while nothing more may come. */
  readonly pressure: Promise<void> | undefined;
  /** `pressure` is waited for from now on. */
  hold(): void;
  resume(): void;
  /** Called once: after the last event, when no more was wanted, or with what the engine or `take` raised. */
  end(failure: Failure | undefined): void;
}

/** Why something ended; a reason may be anything, `undefined` included. */
export interface Failure {
  readonly reason: unknown;
}

/**
 * Events after which the event loop gets a turn. An engine in this process may never leave it one, and then nothing is
 * sent and no disconnect is seen; with these an engine stops within 8 tokens of a disconnect.
 */
const eventsPerTurn = 4;

export class EventPull<T> {
  readonly #iterator: AsyncIterator<T>;
  readonly #taker: EventTaker<T>;
  #ended = false;
  /** Came when this turn had enough events. Pulled nevertheless, so that only an engine that hogs the loop is paused. */
  #early: T | undefined;
  #turn: number = currentTurn();
  #taken = 0;

  constructor(events: AsyncIterable<T>, taker: EventTaker<T>) {
    this.#iterator = events[Symbol.asyncIterator]();
    this.#taker = taker;
    this.#next();
  }

  /** Ends with a failure at once, even if the engine hangs. Does nothing after the end. */
  readonly stop = (reason: unknown): void => {
    if (!this.#ended) this.#end({ reason });
  };

  #end(failure?: Failure): void {
    this.#ended = true;
    // Not awaited: an engine that hangs must not hang the request. Ending a finished iterator does nothing.
    this.#iterator.return?.().catch(() => undefined);
    this.#taker.end(failure);
  }

  #next(): void {
    this.#iterator.next().then(this.#arrived, this.stop);
  }

  readonly #arrived = (result: IteratorResult<T>): void => {
    if (this.#ended) return;
    if (result.done) {
      this.#end();
      return;
    }
    if (currentTurn() !== this.#turn) this.#beginTurn();
    if (++this.#taken <= eventsPerTurn) {
      this.#take(result.value);
      return;
    }
    this.#early = result.value;
    // Not with those of other streams: an engine is pulled in the asynchronous context of its request.
    setImmediate(takeEarly<T>, this);
  };

  #beginTurn(): void {
    this.#turn = currentTurn();
    this.#taken = 0;
  }

  takeEarly(): void {
    if (this.#ended) return;
    const event = this.#early as T;
    this.#early = undefined;
    this.#beginTurn();
    this.#taken = 1;
    this.#take(event);
  }

  #take(event: T): void {
    let more: boolean;
    try {
      more = this.#taker.take(event);
    } catch (error) {
      this.stop(error);
      return;
    }
    if (!more) {
      this.#end();
      return;
    }
    const { pressure } = this.#taker;
    if (pressure === undefined) this.#next();
    else {
      this.#taker.hold();
      pressure.then(() => this.#relieved(), this.stop);
    }
  }

  #relieved(): void {
    if (this.#ended) return;
    this.#taker.resume();
    this.#next();
  }
}

/** One function for all pulls. */
function takeEarly<T>(pull: EventPull<T>): void {
  pull.takeEarly();
}
