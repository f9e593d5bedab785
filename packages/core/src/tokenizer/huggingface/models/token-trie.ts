// A trie over the UTF-16 units of tokens, for finding every token that starts at a place of a text. Edges are found by a
// hash of the node and the unit: the nodes that matter most, such as that of "▁", have hundreds of children.

export class TokenTrie {
  /** The node that an edge leads to, 0 in empty slots; half of them stay empty. */
  private slots: Int32Array = new Int32Array(1 << 12);
  /** Per node: where it hangs, by which unit, and its token's ID or -1. */
  private parents: Int32Array = new Int32Array(1 << 11);
  private units: Uint16Array = new Uint16Array(1 << 11);
  private ids: Int32Array = new Int32Array(1 << 11).fill(-1);
  private size = 1;

  insert(token: string, id: number): void {
    let node = 0;
    for (let i = 0; i < token.length; i++)
      node = this.child(node, token.charCodeAt(i)) || this.addChild(node, token.charCodeAt(i));
    this.ids[node] = id;
  }

  /** The node below `node` for `unit`; 0 if there is none. The root is node 0. */
  child(node: number, unit: number): number {
    return this.slots[this.slotOf(node, unit)]!;
  }

  /** The token that ends at `node`, or -1. */
  idAt(node: number): number {
    return this.ids[node]!;
  }

  private slotOf(node: number, unit: number): number {
    const { slots, parents, units } = this;
    const hash = Math.imul((node << 16) ^ node ^ unit, 0x9e3779b1);
    const mask = slots.length - 1;
    let slot = (hash ^ (hash >>> 15)) & mask;
    for (let at = slots[slot]!; at !== 0; at = slots[slot]!) {
      if (units[at] === unit && parents[at] === node) break;
      slot = (slot + 1) & mask;
    }
    return slot;
  }

  private addChild(parent: number, unit: number): number {
    if (this.size === this.units.length) this.grow();
    const node = this.size++;
    this.units[node] = unit;
    this.parents[node] = parent;
    this.slots[this.slotOf(parent, unit)] = node;
    return node;
  }

  private grow(): void {
    const length = this.units.length * 2;
    const parents = new Int32Array(length);
    parents.set(this.parents);
    this.parents = parents;
    const ids = new Int32Array(length).fill(-1);
    ids.set(this.ids);
    this.ids = ids;
    const units = new Uint16Array(length);
    units.set(this.units);
    this.units = units;
    this.slots = new Int32Array(2 * length);
    for (let node = 1; node < this.size; node++) this.slots[this.slotOf(parents[node]!, units[node]!)] = node;
  }
}
