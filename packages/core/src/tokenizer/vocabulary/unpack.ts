// Unpacks a vocabulary: from the file that packed.ts describes to the trie that encoding at full speed needs.

import { bitAt, damaged, idAt, type Sections } from "./packed.ts";
import { type Arena, createTrie, fillPairs, NO_TOKEN, plainArena, setNode, type Trie } from "./trie.ts";

/** Owner of memory for a trie that may know a faster way to fill it. */
export interface Unpacker {
  readonly arena: Arena;
  /** Checks the sections and fills the empty `trie`; false if they are damaged, or if this is not possible here. */
  unpack(trie: Trie, sections: Sections, limit: number): boolean;
}

/**
 * The trie of a packed vocabulary. Tokens with IDs of `idLimit` and above are left out, so that one file serves two
 * encodings of which one extends the other.
 *
 * Raises DAMAGED_VOCABULARY for a contradictory file.
 */
export function unpackVocabulary(
  sections: Sections,
  options: { readonly idLimit?: number | undefined; readonly unpacker?: Unpacker | undefined } = {},
): Trie {
  const { nodeCount, idCount, tokenCount } = sections;
  const { unpacker } = options;
  const limit = Math.min(options.idLimit ?? idCount, idCount);
  const trie = createTrie(nodeCount, limit, Math.min(tokenCount, limit), unpacker?.arena ?? plainArena);
  trie.labels.set(sections.labels);
  if (unpacker?.unpack(trie, sections, limit) !== true) fillTrie(trie, sections, limit);
  return trie;
}

const MAX_CHILDREN = 256;

/**
 * One pass over the nodes, as in assembly/unpack.ts. A node waits for its turn with the longest token above it in its
 * second word. Nothing that an accident does to a file gets past its checksum, so where the sections contradict each
 * other is all there is to say.
 */
// biome-ignore lint/complexity/noExcessiveCognitiveComplexity: one loop, which a cold start runs before it is compiled
function fillTrie(trie: Trie, sections: Sections, limit: number): void {
  const { nodes, tokens: records } = trie;
  const { nodeCount, idCount, tokenCount, innerCount, splitOverflow } = sections;
  let next = 1;
  let levelEnd = 1;
  let depth = 0;
  let bit = 0;
  let index = 0;
  let inner = 0;
  let overflow = 0;
  const check = (isSound: boolean, node: number): void => {
    if (!isSound) throw damaged(`its sections contradict each other at node ${node}`);
  };
  // A faster way that found damage has left its traces.
  records.fill(0);
  nodes[1] = NO_TOKEN;
  for (let node = 0; node < nodeCount; node++) {
    if (node === levelEnd) {
      depth++;
      levelEnd = next;
    }
    const first = next;
    while (bitAt(sections.children, bit++) === 1) next++;
    const count = next - first;
    check(next <= nodeCount && count <= MAX_CHILDREN && (node < first || node === 0), node);
    let best = nodes[2 * node + 1]!;
    let token = NO_TOKEN;
    if (count === 0 || bitAt(sections.tokens, inner++) === 1) {
      const id = idAt(sections, index);
      let split = (sections.splits[index >> 1]! >> ((index & 1) << 2)) & 15;
      if (split === 15) split = splitOverflow[overflow++] ?? 0;
      // Neither more tokens than announced nor the empty one; no ID out of range or twice.
      check(index++ < tokenCount && node > 0 && id < idCount && !(records[4 * id]! > 0), node);
      if (id < limit) {
        records[4 * id] = node;
        records[4 * id + 1] = best;
        records[4 * id + 3] = depth | (split << 16);
        token = id;
        best = id;
      }
    }
    setNode(trie, node, first, count, token);
    for (let child = first; child < next; child++) nodes[2 * child + 1] = best;
  }
  check(next === nodeCount && index === tokenCount && inner === innerCount, nodeCount);
  fillPairs(trie);
}
