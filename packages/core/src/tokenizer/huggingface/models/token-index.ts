// From token text to ID: a hash table over the UTF-16 units of the tokens. It finds a token in the middle of a longer
// string, and one that is two parts of a string put together, without making either string: reading half a million
// merges this way takes a fifth of the time that a Map of strings takes.

export class TokenIndex {
  private readonly tokens: readonly (string | undefined)[];
  /** ID + 1 of the token in each slot, 0 where there is none. */
  private readonly slots: Int32Array;
  private readonly mask: number;

  /** `tokens` by ID. Of equal tokens the last is found. */
  constructor(tokens: readonly (string | undefined)[]) {
    this.tokens = tokens;
    let slots = 16;
    while (slots < tokens.length * 2) slots *= 2;
    this.slots = new Int32Array(slots);
    this.mask = slots - 1;
    for (let id = 0; id < tokens.length; id++) {
      const token = tokens[id];
      if (token !== undefined) this.slots[this.slotOf(token, 0, token.length, 0, 0)] = id + 1;
    }
  }

  /** The ID of `text[start..end)`, or -1. */
  find(text: string, start: number, end: number): number {
    return this.slots[this.slotOf(text, start, end, 0, 0)]! - 1;
  }

  /** The ID of `text[start..end)` followed by `text[start2..end2)`, or -1. */
  findJoined(text: string, start: number, end: number, start2: number, end2: number): number {
    return this.slots[this.slotOf(text, start, end, start2, end2)]! - 1;
  }

  private slotOf(text: string, start: number, end: number, start2: number, end2: number): number {
    let hash = 0;
    for (let i = start; i < end; i++) hash = Math.imul(hash, 0x01000193) ^ text.charCodeAt(i);
    for (let i = start2; i < end2; i++) hash = Math.imul(hash, 0x01000193) ^ text.charCodeAt(i);
    hash = Math.imul(hash ^ (hash >>> 15), 0x9e3779b1);
    let slot = (hash ^ (hash >>> 13)) & this.mask;
    for (let entry = this.slots[slot]!; entry !== 0; entry = this.slots[slot]!) {
      if (isJoined(this.tokens[entry - 1]!, text, start, end, start2, end2)) break;
      slot = (slot + 1) & this.mask;
    }
    return slot;
  }
}

function isJoined(
  token: string,
  text: string,
  start: number,
  end: number,
  start2: number,
  end2: number,
): boolean {
  const first = end - start;
  if (token.length !== first + end2 - start2) return false;
  for (let i = 0; i < first; i++) if (token.charCodeAt(i) !== text.charCodeAt(start + i)) return false;
  for (let i = start2; i < end2; i++)
    if (token.charCodeAt(first + i - start2) !== text.charCodeAt(i)) return false;
  return true;
}
