// Timers for what is put off again and again, as by every token. Putting one off costs nothing: when it rings, it asks
// when it is due. All of them wait in one heap, and the next one for a single timer of Node's, which by itself would take
// three times the memory of an entry here.

/** What is to happen, and when. */
export interface Due {
  /** As of `performance.now()`; infinity: never, as things are. */
  readonly dueAt: number;
  /** The time has come. `dueAt` then says when it comes again. */
  onDue(): void;
}

export class MovingTimer {
  readonly #due: Due;
  #stopped = false;
  /** When it rings; it may be due later by then. */
  at = 0;
  /** In the heap; -1: it does not wait. */
  place = -1;

  /** Starts. It does not keep the process alive. */
  constructor(due: Due) {
    this.#due = due;
    this.restart();
  }

  /** To be called where the time has come nearer. */
  restart(): void {
    const { dueAt } = this.#due;
    if (this.#stopped || dueAt === Number.POSITIVE_INFINITY) {
      remove(this);
      return;
    }
    this.at = dueAt;
    if (this.place < 0) this.place = heap.push(this) - 1;
    settle(this);
    setAlarm();
  }

  /** For good. */
  stop(): void {
    this.#stopped = true;
    remove(this);
  }

  ring(): void {
    if (this.#due.dueAt <= performance.now()) this.#due.onDue();
    this.restart();
  }
}

/** A timer at `i` rings no later than those at `2 * i + 1` and `2 * i + 2`. */
const heap: MovingTimer[] = [];
let alarm: NodeJS.Timeout | undefined;
/** When the alarm goes off. */
let alarmAt = Number.POSITIVE_INFINITY;

function clearAlarm(): void {
  clearTimeout(alarm);
  alarmAt = Number.POSITIVE_INFINITY;
}

/** Rings all that are to ring by now. */
function ringAll(): void {
  clearAlarm();
  const now = performance.now();
  for (let first = heap[0]; first !== undefined && first.at <= now; first = heap[0]) first.ring();
  setAlarm();
}

/** Sets the alarm to the first timer. One that goes off too early does no harm. */
function setAlarm(): void {
  const first = heap[0];
  if (first === undefined || first.at >= alarmAt) return;
  clearAlarm();
  alarmAt = first.at;
  alarm = setTimeout(ringAll, Math.max(1, Math.ceil(alarmAt - performance.now()))).unref();
}

/** Moves a timer to where its time belongs. */
function settle(timer: MovingTimer): void {
  let { place } = timer;
  for (let above = (place - 1) >> 1; place > 0 && heap[above]!.at > timer.at; above = (place - 1) >> 1) {
    put(heap[above]!, place);
    place = above;
  }
  for (;;) {
    let below = 2 * place + 1;
    if (below + 1 < heap.length && heap[below + 1]!.at < heap[below]!.at) below++;
    if (below >= heap.length || heap[below]!.at >= timer.at) break;
    put(heap[below]!, place);
    place = below;
  }
  put(timer, place);
}

function put(timer: MovingTimer, place: number): void {
  heap[place] = timer;
  timer.place = place;
}

function remove(timer: MovingTimer): void {
  const { place } = timer;
  if (place < 0) return;
  timer.place = -1;
  const last = heap.pop()!;
  if (last !== timer) {
    put(last, place);
    settle(last);
  } else if (heap.length === 0) clearAlarm();
}
