// What compiled code runs on: closures over a frame of slots.

import type { Output } from "./output.ts";
import type { Runtime } from "./runtime.ts";
import type { Value } from "./values.ts";

/** One activation of a unit (the template, a macro, …). A slot without a value is JavaScript's `undefined`. */
export interface Frame {
  readonly rt: Runtime;
  readonly slots: (Value | undefined)[];
  /** The activation of the enclosing unit, where this unit was defined. */
  readonly parent: Frame | null;
  out: Output;
}

export type Code = (frame: Frame) => Value;

/** How a statement ended. */
export const done = 0;
export const broke = 1;
export const continued = 2;
export type Ending = typeof done | typeof broke | typeof continued;

export type Step = (frame: Frame) => Ending;

export function newFrame(rt: Runtime, size: number, parent: Frame | null, out: Output): Frame {
  const slots: (Value | undefined)[] = [];
  for (let at = 0; at < size; at++) slots.push(undefined);
  return { rt, slots, parent, out };
}
