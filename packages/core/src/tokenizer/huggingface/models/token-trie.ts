// A trie over the UTF-16 units of tokens, for finding every token that starts at a place of a text. Children hang in
// linked lists with the widest node, the root, indexed directly.

export class TokenTrie {
  /** Per node: first child, next sibling, unit, token ID or -1. */
  private firstChild: Int32Array = new Int32Array(1024);
  private sibling: Int32Array = new Int32Array(1024);
  private unit: Uint16Array = new Uint16Array(1024);
  private ids: Int32Array = new Int32Array(1024).fill(-1);
  private readonly fromRoot: Int32Array = new Int32Array(65_536);
  private size = 1;

  insert(token: string, id: number): void {
    let node = 0;
    for (let i = 0; i < token.length; i++)
      node = this.child(node, token.charCodeAt(i)) || this.addChild(node, token.charCodeAt(i));
    this.ids[node] = id;
  }

  /** The node below `node` for `unit`; 0 if there is none. The root is node 0. */
  child(node: number, unit: number): number {
    if (node === 0) return this.fromRoot[unit]!;
    let at = this.firstChild[node]!;
    while (at !== 0 && this.unit[at] !== unit) at = this.sibling[at]!;
    return at;
  }

  /** The token that ends at `node`, or -1. */
  idAt(node: number): number {
    return this.ids[node]!;
  }

  private addChild(parent: number, unit: number): number {
    if (this.size === this.unit.length) this.grow();
    const node = this.size++;
    this.unit[node] = unit;
    if (parent === 0) this.fromRoot[unit] = node;
    else {
      this.sibling[node] = this.firstChild[parent]!;
      this.firstChild[parent] = node;
    }
    return node;
  }

  private grow(): void {
    const length = this.unit.length * 2;
    const widen = (old: Int32Array): Int32Array => {
      const wide = new Int32Array(length);
      wide.set(old);
      return wide;
    };
    this.firstChild = widen(this.firstChild);
    this.sibling = widen(this.sibling);
    const ids = new Int32Array(length).fill(-1);
    ids.set(this.ids);
    this.ids = ids;
    const unit = new Uint16Array(length);
    unit.set(this.unit);
    this.unit = unit;
  }
}
