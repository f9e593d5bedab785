// Closing a server: running requests finish, then every connection is ended. Waiting for idle keep-alive connections,
// or for those on which nothing was ever sent, would take until their time-out.

import type { Server as HttpServer } from "node:http";

export class Drain {
  #inFlight = 0;
  #draining = false;
  #server: HttpServer | undefined;

  get draining(): boolean {
    return this.#draining;
  }

  get inFlight(): number {
    return this.#inFlight;
  }

  begin(): void {
    this.#inFlight++;
  }

  end(): void {
    this.#inFlight--;
    this.#closeWhenQuiet();
  }

  /** Ends connections as soon as no request is in flight. */
  start(server: HttpServer): void {
    this.#draining = true;
    this.#server = server;
    this.#closeWhenQuiet();
  }

  #closeWhenQuiet(): void {
    if (this.#inFlight > 0 || this.#server === undefined) return;
    const server = this.#server;
    // A little later: what was just written is on its way through the kernel.
    setTimeout(() => server.closeAllConnections(), 20);
  }
}
