// Remembers the tokens of short byte pieces. Text repeats its words, so most pieces are found here and never merged.
// Bounded: when either arena is full everything is forgotten, which costs less than tracking what was used last.

const longestPiece = 40;
const slotCount = 1 << 16;
const entryLimit = slotCount / 2;
const keyBytes = 1 << 19;
const idCount = 1 << 18;

/** Per entry: where the key starts, its length, where the IDs start, their number. */
const fields = 4;

export class PieceCache {
  private readonly slots = new Int32Array(slotCount);
  private readonly hashes = new Int32Array(entryLimit);
  private readonly entries = new Int32Array(entryLimit * fields);
  private readonly keys = new Uint8Array(keyBytes);
  private readonly ids = new Uint32Array(idCount);
  private size = 0;
  private keysUsed = 0;
  private idsUsed = 0;

  /** Copies the IDs of `bytes[start..end)` to `out` at `at` and returns their number; -1 if they are not known. */
  read(bytes: Uint8Array, start: number, end: number, out: Uint32Array, at: number): number {
    if (end - start > longestPiece) return -1;
    const hash = hashOf(bytes, start, end);
    for (let slot = hash & (slotCount - 1); ; slot = (slot + 1) & (slotCount - 1)) {
      const entry = this.slots[slot]! - 1;
      if (entry < 0) return -1;
      if (this.hashes[entry] === hash && this.matches(entry, bytes, start, end))
        return this.copy(entry, out, at);
    }
  }

  /** Remembers `count` IDs of `ids` from `from` on for `bytes[start..end)`, which is not known yet. */
  write(bytes: Uint8Array, start: number, end: number, ids: Uint32Array, from: number, count: number): void {
    const length = end - start;
    if (length > longestPiece) return;
    if (this.size === entryLimit || this.keysUsed + length > keyBytes || this.idsUsed + count > idCount)
      this.clear();
    const hash = hashOf(bytes, start, end);
    let slot = hash & (slotCount - 1);
    while (this.slots[slot] !== 0) slot = (slot + 1) & (slotCount - 1);
    const entry = this.size++;
    this.slots[slot] = entry + 1;
    this.hashes[entry] = hash;
    this.entries.set([this.keysUsed, length, this.idsUsed, count], entry * fields);
    for (let i = 0; i < length; i++) this.keys[this.keysUsed++] = bytes[start + i]!;
    for (let i = 0; i < count; i++) this.ids[this.idsUsed++] = ids[from + i]!;
  }

  private clear(): void {
    this.slots.fill(0);
    this.size = 0;
    this.keysUsed = 0;
    this.idsUsed = 0;
  }

  private matches(entry: number, bytes: Uint8Array, start: number, end: number): boolean {
    const key = this.entries[entry * fields]!;
    if (this.entries[entry * fields + 1] !== end - start) return false;
    for (let i = start; i < end; i++) if (this.keys[key + i - start] !== bytes[i]) return false;
    return true;
  }

  private copy(entry: number, out: Uint32Array, at: number): number {
    const from = this.entries[entry * fields + 2]!;
    const count = this.entries[entry * fields + 3]!;
    for (let i = 0; i < count; i++) out[at + i] = this.ids[from + i]!;
    return count;
  }
}

/** FNV-1a, then a mix so that the low bits depend on all bytes. */
function hashOf(bytes: Uint8Array, start: number, end: number): number {
  let hash = 0x811c9dc5;
  for (let i = start; i < end; i++) hash = Math.imul(hash ^ bytes[i]!, 0x01000193);
  return hash ^ (hash >>> 15);
}
