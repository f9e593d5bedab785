// Turns of the event loop, shared by everything that streams: one immediate per turn serves all who wait for the next
// one, where one each would cost more than the token it is for.

let waiting: (() => void)[] = [];
let turns = 0;

/** Runs a task in the next turn of the event loop, in the order of the calls. Tasks must not throw. */
export function inNextTurn(task: () => void): void {
  if (waiting.length === 0) setImmediate(runWaiting);
  waiting.push(task);
}

/** Grows when the loop has turned since somebody asked for the next turn. */
export function currentTurn(): number {
  return turns;
}

function runWaiting(): void {
  const tasks = waiting;
  waiting = [];
  turns++;
  for (const task of tasks) task();
}
