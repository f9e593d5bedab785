// The model of mode 1: after each ID it remembers what followed the last one and the last two IDs. Both ends run the same
// model, so an ID that was predicted costs one byte. No data is shared beforehand.

const START = 2_097_151;
const CONTEXT_SIZE = 2 ** 21;
const ORDER_1_CAP = 32;
const ORDER_2_CAP = 16;
/** Bounds memory: the model forgets everything after this many IDs. */
export const MODEL_RESET_IDS = 65_536;

/** Candidates for the next ID: what followed the last two IDs, most recent first, then what followed the last one. */
export class AdaptiveModel {
  readonly #order1 = new Map<number, number[]>();
  readonly #order2 = new Map<number, number[]>();
  #previous = START;
  #key2 = START * CONTEXT_SIZE + START;
  #list1: number[] = [];
  #list2: number[] = [];
  #coded = 0;

  constructor() {
    this.#enter(START, START);
  }

  /** Position of `id` among the candidates, or -1. */
  find(id: number): number {
    const list2 = this.#list2;
    const at2 = list2.indexOf(id);
    if (at2 >= 0) return at2;
    const list1 = this.#list1;
    const at1 = list1.indexOf(id);
    if (at1 < 0) return -1;
    let position = list2.length;
    for (let index = 0; index < at1; index++) if (!list2.includes(list1[index]!)) position++;
    return position;
  }

  /** The candidate at `position`, or undefined when there are not that many. */
  candidate(position: number): number | undefined {
    const list2 = this.#list2;
    if (position < list2.length) return list2[position];
    let left = position - list2.length;
    for (const id of this.#list1) {
      if (list2.includes(id)) continue;
      if (left === 0) return id;
      left--;
    }
    return undefined;
  }

  /** Takes note of the ID that came. */
  update(id: number): void {
    moveToFront(this.#list1, id, ORDER_1_CAP);
    moveToFront(this.#list2, id, ORDER_2_CAP);
    // A list is filed when it first has an entry, so contexts without a successor cost nothing.
    if (this.#list1.length === 1) this.#order1.set(this.#previous, this.#list1);
    if (this.#list2.length === 1) this.#order2.set(this.#key2, this.#list2);
    this.#coded++;
    if (this.#coded === MODEL_RESET_IDS) this.#reset();
    else this.#enter(this.#previous, id % CONTEXT_SIZE);
  }

  #reset(): void {
    this.#order1.clear();
    this.#order2.clear();
    this.#coded = 0;
    this.#enter(START, START);
  }

  #enter(previous2: number, previous1: number): void {
    this.#previous = previous1;
    this.#key2 = previous2 * CONTEXT_SIZE + previous1;
    this.#list1 = this.#order1.get(previous1) ?? [];
    this.#list2 = this.#order2.get(this.#key2) ?? [];
  }
}

function moveToFront(list: number[], id: number, cap: number): void {
  let at = list.indexOf(id);
  if (at < 0) {
    if (list.length < cap) list.push(id);
    at = list.length - 1;
  }
  for (; at > 0; at--) list[at] = list[at - 1]!;
  list[0] = id;
}
