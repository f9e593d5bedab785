// Binding of arguments to parameters, as Python does it for functions with positional and keyword arguments.

import { typeFault } from "./fault.ts";
import type { Kwargs, Value } from "./values.ts";

export interface Parameters {
  readonly name: string;
  readonly names: readonly string[];
  readonly required: number;
  /** False for C functions that take arguments by position only. */
  readonly keywords: boolean;
}

/**
 * Parameters from their names; an optional one ends with `?`.
 *
 * @example parameters("split", "sep? maxsplit?")
 */
export function parameters(name: string, list: string, keywords = true): Parameters {
  const names = list === "" ? [] : list.split(" ");
  const firstOptional = names.findIndex((item) => item.endsWith("?"));
  return {
    name,
    names: names.map((item) => item.replace("?", "")),
    required: firstOptional === -1 ? names.length : firstOptional,
    keywords,
  };
}

/** One value per parameter, `undefined` where the default applies. */
export function bind(
  { name, names, required, keywords }: Parameters,
  args: readonly Value[],
  kwargs: Kwargs,
): (Value | undefined)[] {
  if (args.length > names.length) {
    typeFault(`${name}() takes at most ${names.length} arguments (${args.length} given)`);
  }
  const bound: (Value | undefined)[] = [...args];
  while (bound.length < names.length) bound.push(undefined);
  for (const [key, value] of kwargs) {
    const at = keywords ? names.indexOf(key) : -1;
    if (!keywords) typeFault(`${name}() takes no keyword arguments`);
    if (at === -1) typeFault(`${name}() got an unexpected keyword argument '${key}'`);
    if (at < args.length) typeFault(`${name}() got multiple values for argument '${key}'`);
    bound[at] = value;
  }
  for (let at = 0; at < required; at++) {
    if (bound[at] === undefined)
      typeFault(`${name}() missing 1 required positional argument: '${names[at]}'`);
  }
  return bound;
}
