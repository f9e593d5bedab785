// Which variable a name means. Jinja decides it before rendering, frame by frame, with visible effects (a `set` after
// a loop hides a context variable inside the loop); this is the same procedure. A scope is one frame; a unit is what
// runs with its own array of slots (the template, a macro, a recursive loop), and a scope's slots belong to its unit.

import type { CallBlock, ForStmt, IfStmt, MacroStmt, Node, Stmt, WithStmt } from "./ast.ts";
import { childNodes } from "./children.ts";

/** A slot in a unit. Two scopes never share one, so a slot is written where its scope is entered or assigned. */
export interface Slot {
  readonly unit: Unit;
  readonly index: number;
  readonly name: string;
}

/** Code with its own array of slots. */
export class Unit {
  readonly parent: Unit | null;
  /** Bodies of `block` tags read top-level assignments through the context. */
  readonly isBlock: boolean;
  size = 0;

  constructor(parent: Unit | null, isBlock = false) {
    this.parent = parent;
    this.isBlock = isBlock;
  }

  slot(name: string): Slot {
    return { unit: this, index: this.size++, name };
  }
}

/** What a slot holds when its scope is entered. Parameters are filled in by whoever enters. */
export type Load =
  | { readonly kind: "param" | "undefined" }
  | { readonly kind: "context"; readonly name: string }
  | { readonly kind: "copy"; readonly from: Slot };

export class Scope {
  readonly unit: Unit;
  readonly parent: Scope | null;
  /** `if` branches are analysed in copies that share this scope's slots. */
  private slots: Map<string, Slot> = new Map();
  private refs: Map<string, Slot> = new Map();
  private loads: Map<Slot, Load> = new Map();
  private stores: Set<string> = new Set();

  constructor(unit: Unit, parent: Scope | null) {
    this.unit = unit;
    this.parent = parent;
  }

  private copy(): Scope {
    const scope = new Scope(this.unit, this.parent);
    scope.slots = this.slots;
    scope.refs = new Map(this.refs);
    scope.loads = new Map(this.loads);
    scope.stores = new Set(this.stores);
    return scope;
  }

  private define(name: string, load: Load): Slot {
    const slot = this.slots.get(name) ?? this.unit.slot(name);
    this.slots.set(name, slot);
    this.refs.set(name, slot);
    this.loads.set(slot, load);
    return slot;
  }

  /** The slot that `name` means here. */
  find(name: string): Slot | undefined {
    return this.refs.get(name) ?? this.parent?.find(name);
  }

  param(name: string): Slot {
    this.stores.add(name);
    return this.define(name, { kind: "param" });
  }

  private load(name: string): void {
    if (this.find(name) === undefined) this.define(name, { kind: "context", name });
  }

  private store(name: string): void {
    this.stores.add(name);
    if (this.refs.has(name)) return;
    const outer = this.parent?.find(name);
    this.define(name, outer === undefined ? { kind: "undefined" } : { kind: "copy", from: outer });
  }

  private merge(branches: readonly Scope[]): void {
    const stored = new Set(branches.flatMap((branch) => [...branch.stores]));
    for (const name of this.stores) stored.delete(name);
    for (const branch of branches) {
      for (const [name, slot] of branch.refs) this.refs.set(name, slot);
      for (const [slot, load] of branch.loads) this.loads.set(slot, load);
      for (const name of branch.stores) this.stores.add(name);
    }
    for (const name of stored) {
      const slot = this.refs.get(name)!;
      const outer = this.parent?.find(name);
      this.loads.set(slot, outer === undefined ? { kind: "context", name } : { kind: "copy", from: outer });
    }
  }

  /** True when nothing in this scope assigns the slot: it always holds the context's value. */
  isContextOnly(slot: Slot): boolean {
    const load = this.loads.get(slot);
    if (load === undefined) return this.parent?.isContextOnly(slot) ?? false;
    return load.kind === "context" && !this.stores.has(slot.name) && !slot.unit.isBlock;
  }

  /** Slots to fill when the scope is entered. */
  entries(): [Slot, Load][] {
    return [...this.loads].filter(([slot, load]) => load.kind !== "param" && !this.isContextOnly(slot));
  }

  /** Analyses statements that run in this scope. */
  visitAll(nodes: readonly Node[]): void {
    for (const node of nodes) this.visit(node);
  }

  /** The target of a loop, whose names are parameters of its body. */
  visitParams(node: Node): void {
    if (node.kind === "name") this.param(node.name);
    else for (const child of childNodes(node)) this.visitParams(child);
  }

  visit(node: Node): void {
    switch (node.kind) {
      case "name":
        if (node.use === "param") this.param(node.name);
        else if (node.use === "store") this.store(node.name);
        else this.load(node.name);
        return;
      case "nsref":
        this.load(node.name);
        return;
      case "if":
        this.visitIf(node);
        return;
      case "macro":
        this.store(node.name);
        return;
      case "set":
        this.visit(node.value);
        this.visit(node.target);
        return;
      case "loader":
        this.visit(node.template);
        for (const name of node.targets) this.store(name);
        return;
      default:
        this.visitAll(evaluatedOutside(node));
    }
  }

  private visitIf(node: IfStmt): void {
    this.visit(node.branches[0]!.test);
    const inCopy = (visit: (scope: Scope) => void): Scope => {
      const scope = this.copy();
      visit(scope);
      return scope;
    };
    const [first, ...others] = node.branches;
    const body = inCopy((scope) => scope.visitAll(first!.body));
    // Each elif is an `if` of its own, analysed in one copy for all of them.
    const elifs = inCopy((scope) => {
      for (const branch of others) scope.visitIf({ ...node, branches: [branch], otherwise: [] });
    });
    const otherwise = inCopy((scope) => scope.visitAll(node.otherwise));
    this.merge([body, elifs, otherwise]);
  }
}

/** The parts of a node that are evaluated in the scope it stands in; its body, if any, has a scope of its own. */
function evaluatedOutside(node: Node): Node[] {
  switch (node.kind) {
    case "for":
      return [node.iter];
    case "callblock":
      return [node.call];
    case "filterblock":
      return [node.filter];
    case "with":
      return node.values;
    case "setblock":
      return [node.target];
    case "generation":
    case "autoescape":
    case "block":
      return [];
    default:
      return childNodes(node);
  }
}

/** The scope of a loop's body, condition or `else`. `hasLoop`: the body uses the variable `loop`. */
export function loopScope(
  node: ForStmt,
  part: "body" | "test" | "else",
  hasLoop: boolean,
  unit: Unit,
  parent: Scope,
): Scope {
  const scope = new Scope(unit, parent);
  if (part === "else") scope.visitAll(node.otherwise);
  else {
    if (part === "body" && hasLoop) scope.param("loop");
    scope.visitParams(node.target);
    if (part === "test") scope.visit(node.test!);
    else scope.visitAll(node.body);
  }
  return scope;
}

/** The scope of a body that is evaluated in place: `with`, `set` and filter blocks, `autoescape`. */
export function bodyScope(body: readonly Stmt[], parent: Scope): Scope {
  const scope = new Scope(parent.unit, parent);
  scope.visitAll(body);
  return scope;
}

export function withScope(node: WithStmt, parent: Scope): Scope {
  const scope = new Scope(parent.unit, parent);
  scope.visitAll(node.targets);
  scope.visitAll(node.body);
  return scope;
}

/** The scope of a macro or call block, a unit of its own. */
export function macroScope(node: MacroStmt | CallBlock, specials: readonly string[], parent: Scope): Scope {
  const scope = new Scope(new Unit(parent.unit), parent);
  scope.visitAll([...node.params, ...node.defaults, ...node.body]);
  for (const name of specials) scope.param(name);
  return scope;
}
