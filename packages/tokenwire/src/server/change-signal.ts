// Tells all who wait that something has changed, again and again.

export class ChangeSignal {
  #resolve: () => void = () => undefined;
  #next: Promise<void> = this.#renew();

  /** Resolves at the next change. */
  get next(): Promise<void> {
    return this.#next;
  }

  notify(): void {
    const resolve = this.#resolve;
    this.#next = this.#renew();
    resolve();
  }

  #renew(): Promise<void> {
    return new Promise((resolve) => {
      this.#resolve = resolve;
    });
  }
}
