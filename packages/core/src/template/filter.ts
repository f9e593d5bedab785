// What a filter is, and how one is called.

import type { Runtime } from "./runtime.ts";
import { bind, type Parameters, parameters } from "./signature.ts";
import { Text } from "./text.ts";
import { type Kwargs, Range, type Value } from "./values.ts";

export interface Filter {
  readonly name: string;
  /** Null for filters that take any arguments. */
  readonly signature: Parameters | null;
  /** With a signature `args` has a value per parameter; `undefined` where the default applies. */
  readonly body: (rt: Runtime, args: readonly (Value | undefined)[], kwargs: Kwargs) => Value;
}

/** A filter whose first parameter is the value before the bar. See `parameters` for the notation. */
export function filter(
  name: string,
  list: string,
  body: (rt: Runtime, args: readonly (Value | undefined)[]) => Value,
  keywords = true,
): Filter {
  return { name, signature: parameters(name, list, keywords), body };
}

export function anyFilter(
  name: string,
  body: (rt: Runtime, args: readonly Value[], kwargs: Kwargs) => Value,
): Filter {
  return { name, signature: null, body: body as Filter["body"] };
}

/** Steps of a filter: about what it costs to go through its input once. */
export function filterCost(input: Value): number {
  if (typeof input === "string") return 1 + (input.length >> 10);
  if (Array.isArray(input)) return 1 + (input.length >> 3);
  if (typeof input !== "object" || input === null) return 1;
  return 1 + ((input instanceof Text ? input.value.length >> 6 : (lengthHint(input) ?? 0)) >> 3);
}

function lengthHint(input: Exclude<Value, null>): number | undefined {
  if (input instanceof Map) return input.size;
  return input instanceof Range ? input.length : undefined;
}

/** `args[0] | filter(args[1:])`. */
export function runFilter(
  rt: Runtime,
  { signature, body }: Filter,
  args: readonly Value[],
  kwargs: Kwargs,
): Value {
  rt.step(filterCost(args[0]!));
  if (signature === null) return body(rt, args, kwargs);
  const direct =
    kwargs.size === 0 && args.length >= signature.required && args.length <= signature.names.length;
  return body(rt, direct ? args : bind(signature, args, kwargs), kwargs);
}
