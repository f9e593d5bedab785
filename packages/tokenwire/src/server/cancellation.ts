// Whether a request is still wanted. An AbortSignal says so too, but to make one and to listen to it takes Node 20 a tenth
// of the time of a small request (Node 24: next to nothing), and most requests end without anybody having needed it.

/** What it takes to wait for an abort. Every `AbortSignal` has it. */
export interface Cancellation {
  readonly aborted: boolean;
  readonly reason: unknown;
  addEventListener(type: "abort", listener: () => void, options?: { readonly once?: boolean }): void;
  removeEventListener(type: "abort", listener: () => void): void;
}

/** The cancellation of a request: as a signal only for those who ask for one. Listeners are called once. */
export class RequestCancellation implements Cancellation {
  #listeners: (() => void)[] = [];
  #controller: AbortController | undefined;
  aborted = false;
  reason: unknown;

  addEventListener(_type: "abort", listener: () => void): void {
    // Few ever listen; an array that is pushed to has room for 17.
    this.#listeners = this.#listeners.concat(listener);
  }

  removeEventListener(_type: "abort", listener: () => void): void {
    this.#listeners = this.#listeners.filter((other) => other !== listener);
  }

  /** Aborts, the first time it is called. */
  abort(reason: unknown): void {
    if (this.aborted) return;
    this.aborted = true;
    this.reason = reason;
    this.#controller?.abort(reason);
    const listeners = this.#listeners;
    this.#listeners = [];
    for (const listener of listeners) listener();
  }

  /** The same as a signal, for what lies outside of the server. */
  get signal(): AbortSignal {
    this.#controller ??= new AbortController();
    if (this.aborted && !this.#controller.signal.aborted) this.#controller.abort(this.reason);
    return this.#controller.signal;
  }
}

/** A signal for what lies outside of the server. */
export function toSignal(cancellation: Cancellation): AbortSignal {
  return cancellation instanceof RequestCancellation ? cancellation.signal : (cancellation as AbortSignal);
}
