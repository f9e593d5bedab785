// What the compiler knows while it walks the tree: names, the place it is in, and how a name is read.

import { positionAt } from "../json/index.ts";
import { fault } from "./fault.ts";
import type { Code, Frame } from "./frame.ts";
import type { Scope, Slot, Unit } from "./scope.ts";
import { Undefined, type Value } from "./values.ts";

/** What is the same for a whole template. */
export class TemplateInfo {
  private readonly source: string;
  /** Names read from the context, in the order of their index in `Runtime.context`. */
  readonly contextNames: string[] = [];
  private readonly contextIndexes: Map<string, number> = new Map();
  hasBlocks = false;
  hasGeneration = false;

  constructor(source: string) {
    this.source = source;
  }

  lineAt(offset: number): number {
    return positionAt(this.source, offset).line;
  }

  contextIndex(name: string): number {
    let index = this.contextIndexes.get(name);
    if (index === undefined) {
      index = this.contextNames.length;
      this.contextNames.push(name);
      this.contextIndexes.set(name, index);
    }
    return index;
  }
}

/** The place that is being compiled. */
export interface Place {
  readonly info: TemplateInfo;
  readonly scope: Scope;
  /** In the condition or directly in the body of an `if`: unknown filters fail only when executed. */
  readonly soft: boolean;
  /** Inside a loop of the same unit. */
  readonly inLoop: boolean;
  /** Assignments here are visible to blocks. */
  readonly topLevel: boolean;
}

export function inner(place: Place, scope: Scope, changes: Partial<Place> = {}): Place {
  return { ...place, scope, soft: false, topLevel: false, ...changes };
}

function undefinedName(name: string): Undefined {
  return new Undefined(`'${name}' is undefined`);
}

/** How far out a slot's unit is. */
function distance(from: Unit, to: Unit): number {
  let count = 0;
  for (let unit: Unit | null = from; unit !== to; unit = unit.parent, count++) {
    if (unit === null) return fault("TemplateRuntimeError", "a name is out of scope");
  }
  return count;
}

/** The frame in which a slot lives, seen from code in `unit`. */
export function frameOf(unit: Unit, slot: Slot): (frame: Frame) => Frame {
  const hops = distance(unit, slot.unit);
  if (hops === 0) return (frame) => frame;
  if (hops === 1) return (frame) => frame.parent!;
  return (frame) => {
    let target = frame;
    for (let hop = 0; hop < hops; hop++) target = target.parent!;
    return target;
  };
}

/** Code that reads a slot's raw value. */
export function readSlot({ info, scope }: Place, slot: Slot): (frame: Frame) => Value | undefined {
  const { index } = slot;
  if (scope.isContextOnly(slot)) {
    const at = info.contextIndex(slot.name);
    return (frame) => frame.rt.context[at];
  }
  if (slot.unit === scope.unit) return (frame) => frame.slots[index];
  const owner = frameOf(scope.unit, slot);
  return (frame) => owner(frame).slots[index];
}

/** Code that reads a variable. */
export function readName(place: Place, name: string): Code {
  const { scope, info } = place;
  const slot = scope.find(name);
  if (slot === undefined) {
    // Jinja has the same gap: the filter arguments of a set block are not analysed.
    return fault(
      "AssertionError",
      `Tried to resolve a name to a reference that was unknown to the frame ('${name}')`,
    );
  }
  const { index } = slot;
  if (scope.isContextOnly(slot)) {
    const at = info.contextIndex(name);
    return (frame) => frame.rt.context[at] ?? namedContext(frame, at, name);
  }
  if (slot.unit === scope.unit) return (frame) => frame.slots[index] ?? namedSlot(frame.slots[index], name);
  const owner = frameOf(scope.unit, slot);
  return (frame) => {
    const value = owner(frame).slots[index];
    return value ?? namedSlot(value, name);
  };
}

/** `??` also lets None through, which is a value. */
function namedSlot(value: Value | undefined, name: string): Value {
  return value === undefined ? undefinedName(name) : value;
}

function namedContext(frame: Frame, at: number, name: string): Value {
  return namedSlot(frame.rt.context[at], name);
}

/** Code that assigns a variable. */
export function writeName(
  { scope, info, topLevel }: Place,
  name: string,
): (frame: Frame, value: Value) => void {
  const slot = scope.find(name)!;
  const { index } = slot;
  if (topLevel && info.hasBlocks) {
    return (frame, value) => {
      frame.slots[index] = value;
      frame.rt.exported.set(name, value);
    };
  }
  return (frame, value) => {
    frame.slots[index] = value;
  };
}

/** Code that fills the slots of a scope when it is entered; null when there are none. */
export function enterScope(place: Place): ((frame: Frame) => void) | null {
  const { scope, info } = place;
  const fillers = scope.entries().map(([slot, load]): ((frame: Frame) => void) => {
    const { index } = slot;
    if (load.kind === "copy") {
      const read = readSlot(place, load.from);
      return (frame) => {
        frame.slots[index] = read(frame);
      };
    }
    if (load.kind === "context") {
      const at = info.contextIndex(slot.name);
      const { name } = slot;
      if (scope.unit.isBlock) {
        return (frame) => {
          const { exported, context } = frame.rt;
          frame.slots[index] = exported.has(name) ? exported.get(name) : context[at];
        };
      }
      return (frame) => {
        frame.slots[index] = frame.rt.context[at];
      };
    }
    return (frame) => {
      frame.slots[index] = undefined;
    };
  });
  if (fillers.length === 0) return null;
  if (fillers.length === 1) return fillers[0]!;
  return (frame) => {
    for (const fill of fillers) fill(frame);
  };
}
