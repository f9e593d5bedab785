// Turns of the event loop, shared by everything that streams: one immediate per turn serves all who wait for the next
// one, where one each would cost more than the token it is for; and the clock is read once per turn.

/** Something to do in a turn. An object rather than a function: a closure is two more objects per stream. */
export interface TurnTask {
  /** Must not throw. */
  runInTurn(): void;
}

let waiting: TurnTask[] = [];
let turns = 0;
let time: number | undefined;

/** Runs a task in the next turn of the event loop, in the order of the calls. */
export function inNextTurn(task: TurnTask): void {
  if (waiting.length === 0) setImmediate(runWaiting);
  waiting.push(task);
}

/** Grows when the loop has turned since somebody asked for the next turn. */
export function currentTurn(): number {
  return turns;
}

/** Milliseconds as of `performance.now()`, late by what has passed of the turn. */
export function turnTime(): number {
  if (time === undefined) {
    time = performance.now();
    inNextTurn(forgetTime);
  }
  return time;
}

const forgetTime: TurnTask = {
  runInTurn: () => {
    time = undefined;
  },
};

function runWaiting(): void {
  const tasks = waiting;
  waiting = [];
  turns++;
  time = undefined;
  for (const task of tasks) task.runInTurn();
}
