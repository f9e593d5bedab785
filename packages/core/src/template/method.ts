// Methods of the built-in types: a name, parameters, and a function that gets one value per parameter.

import type { Runtime } from "./runtime.ts";
import { bind, parameters } from "./signature.ts";
import type { Kwargs, Value } from "./values.ts";

/** A method of values of type `Self`. */
export type Method<Self> = (rt: Runtime, self: Self, args: readonly Value[], kwargs: Kwargs) => Value;

/** A method whose arguments are bound to parameters (see `parameters`); most C methods take no keywords. */
export function method<Self>(
  name: string,
  list: string,
  body: (rt: Runtime, self: Self, args: readonly (Value | undefined)[]) => Value,
  keywords = false,
): [string, Method<Self>] {
  const signature = parameters(name, list, keywords);
  const { required } = signature;
  const most = signature.names.length;
  return [
    name,
    (rt, self, args, kwargs) => {
      if (kwargs.size === 0 && args.length >= required && args.length <= most) return body(rt, self, args);
      return body(rt, self, bind(signature, args, kwargs));
    },
  ];
}

/** A method that looks at its arguments itself. */
export function rawMethod<Self>(name: string, body: Method<Self>): [string, Method<Self>] {
  return [name, body];
}
