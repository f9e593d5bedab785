// Lets the event loop breathe: generation is long, timers and sockets must not wait for its end.

/** Steps and milliseconds after which the loop gets a turn. */
const stepsBetweenTurns = 8;
const millisecondsBetweenTurns = 10;

/** Resolves in a later turn of the event loop. */
function nextTurn(): Promise<void> {
  if (typeof setImmediate === "function") return new Promise((resolve) => setImmediate(resolve));
  return new Promise((resolve) => {
    const channel = new MessageChannel();
    channel.port1.addEventListener("message", () => {
      channel.port1.close();
      resolve();
    });
    channel.port1.start();
    channel.port2.postMessage(undefined);
  });
}

/** Shared by all sequences of an engine. */
export class Pacer {
  #steps = 0;
  #since = performance.now();

  /** Call before each piece of work; waits for the next turn when enough was done in this one. */
  async step(): Promise<void> {
    this.#steps++;
    if (this.#steps < stepsBetweenTurns && performance.now() - this.#since < millisecondsBetweenTurns) return;
    await nextTurn();
    this.#steps = 0;
    this.#since = performance.now();
  }
}
