// Requests that arrive together. To begin one takes a fraction of a millisecond, so a hundred in one turn of the event
// loop would hold up every running stream, and the notice that a client left, for as long as they take together.

/** Milliseconds that requests may be begun in one turn. */
const slice = 5;

/** When the first one of this turn was begun. */
let began: number | undefined;

/**
 * A place for a request: undefined when it may begin at once, else a promise for when it may. In the order of the calls,
 * but for those that arrive in a turn with time to spare.
 */
export function placeInTurn(): Promise<void> | undefined {
  if (hasTime()) return undefined;
  return new Promise((resolve) => {
    // One immediate for each: what a request does first has happened before the next one looks at the clock.
    const attempt = (): void => {
      if (hasTime()) resolve();
      else setImmediate(attempt);
    };
    setImmediate(attempt);
  });
}

function hasTime(): boolean {
  const now = performance.now();
  if (began === undefined) {
    began = now;
    setImmediate(endTurn);
  }
  return now - began < slice;
}

function endTurn(): void {
  began = undefined;
}
