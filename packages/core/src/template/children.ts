// Walking the tree, in the order in which Jinja looks at the parts of a node: scoping depends on it.

import type { Arguments, Node, Signature } from "./ast.ts";

function compact(...nodes: (Node | null)[]): Node[] {
  return nodes.filter((node) => node !== null);
}

function argumentNodes(node: Arguments): Node[] {
  return compact(...node.args, ...node.kwargs.map(({ value }) => value), node.dynArgs, node.dynKwargs);
}

function signatureNodes(node: Signature): Node[] {
  return [...node.params, ...node.defaults];
}

type Children = { readonly [K in Node["kind"]]: (node: Extract<Node, { readonly kind: K }>) => Node[] };

const none = (): Node[] => [];
const body = (node: { readonly body: Node[] }): Node[] => node.body;
const items = (node: { readonly items: Node[] }): Node[] => node.items;
const single = (node: { readonly node: Node }): Node[] => [node.node];
const operands = (node: { readonly first: Node; readonly rest: { readonly node: Node }[] }): Node[] => [
  node.first,
  ...node.rest.map(({ node: operand }) => operand),
];

const children: Children = {
  data: none,
  const: none,
  name: none,
  nsref: none,
  break: none,
  continue: none,
  tuple: items,
  list: items,
  and: items,
  or: items,
  concat: items,
  output: items,
  dict: (node) => node.pairs.flat(),
  cond: (node) => compact(node.test, node.then, node.otherwise),
  chain: operands,
  compare: operands,
  not: single,
  neg: single,
  pos: single,
  getattr: single,
  getitem: (node) => [node.node, node.arg],
  slice: (node) => compact(node.start, node.stop, node.step),
  call: (node) => [node.node, ...argumentNodes(node)],
  filter: (node) => compact(node.node, ...argumentNodes(node)),
  test: (node) => [node.node, ...argumentNodes(node)],
  for: (node) => compact(node.target, node.iter, ...node.body, ...node.otherwise, node.test),
  if: (node) => [...node.branches.flatMap((branch) => [branch.test, ...branch.body]), ...node.otherwise],
  set: (node) => [node.target, node.value],
  setblock: (node) => compact(node.target, node.filter, ...node.body),
  macro: (node) => [...signatureNodes(node), ...node.body],
  callblock: (node) => [node.call, ...signatureNodes(node), ...node.body],
  filterblock: (node) => [...node.body, node.filter],
  with: (node) => [...node.targets, ...node.values, ...node.body],
  generation: body,
  autoescape: (node) => [node.value, ...node.body],
  block: body,
  loader: (node) => [node.template],
};

/** The direct parts of a node. */
export function childNodes(node: Node): Node[] {
  return (children[node.kind] as (node: Node) => Node[])(node);
}

/**
 * Which of `names` are read in `nodes` before anything in them is assigned, looking everywhere but in blocks. This
 * decides whether a macro has `caller`, `varargs` and `kwargs`, and whether a loop has `loop`.
 */
export function findUndeclared(nodes: readonly Node[], names: readonly string[]): Set<string> {
  const wanted = new Set(names);
  const found = new Set<string>();
  const visit = (node: Node): void => {
    if (node.kind === "block") return;
    if (node.kind === "name") {
      if (node.use !== "load") wanted.delete(node.name);
      else if (wanted.has(node.name)) found.add(node.name);
    }
    for (const child of childNodes(node)) visit(child);
  };
  for (const node of nodes) visit(node);
  return found;
}

/** True when `matches` holds for a node in `nodes` or anywhere inside. */
export function someNode(nodes: readonly Node[], matches: (node: Node) => boolean): boolean {
  return nodes.some((node) => matches(node) || someNode(childNodes(node), matches));
}
