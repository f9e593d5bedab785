// Keys and values of one sequence: what attention needs to know about the tokens evaluated so far.

/** Positions for which room is made at first. */
const firstRoom = 128;

export class KeyValueCache {
  /** Tokens in the cache. */
  length = 0;
  readonly #width: number;
  readonly #keys: Float32Array[];
  readonly #values: Float32Array[];

  /** @param width values per position: key heads × head size. */
  constructor(layers: number, width: number) {
    this.#width = width;
    this.#keys = Array.from({ length: layers }, () => new Float32Array(firstRoom * width));
    this.#values = Array.from({ length: layers }, () => new Float32Array(firstRoom * width));
  }

  /** Arrays of a layer with room for `more` positions after `length`. Valid until the next call for the layer. */
  room(layer: number, more: number): { readonly keys: Float32Array; readonly values: Float32Array } {
    const needed = (this.length + more) * this.#width;
    let keys = this.#keys[layer] as Float32Array;
    let values = this.#values[layer] as Float32Array;
    if (keys.length < needed) {
      keys = grow(keys, needed);
      values = grow(values, needed);
      this.#keys[layer] = keys;
      this.#values[layer] = values;
    }
    return { keys, values };
  }

  /** A copy of the first `length` positions that can go its own way. */
  fork(length: number): KeyValueCache {
    const copy = new KeyValueCache(this.#keys.length, this.#width);
    const size = length * this.#width;
    this.#keys.forEach((keys, layer) => {
      const room = copy.room(layer, length);
      room.keys.set(keys.subarray(0, size));
      room.values.set((this.#values[layer] as Float32Array).subarray(0, size));
    });
    copy.length = length;
    return copy;
  }
}

function grow(values: Float32Array, needed: number): Float32Array {
  const larger = new Float32Array(Math.max(needed, 2 * values.length));
  larger.set(values);
  return larger;
}
