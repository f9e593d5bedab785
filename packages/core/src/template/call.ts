// Calling values.

import { getAttribute, textMethods } from "./access.ts";
import { dictMethods } from "./container-methods.ts";
import { typeFault } from "./fault.ts";
import type { Runtime } from "./runtime.ts";
import { isStr, plain } from "./text.ts";
import { Callable, isDict, type Kwargs, typeName, Undefined, type Value } from "./values.ts";

/** `callee(*args, **kwargs)`. */
export function callValue(rt: Runtime, callee: Value, args: readonly Value[], kwargs: Kwargs): Value {
  rt.step(1);
  if (callee instanceof Callable) return callee.call(rt, args, kwargs);
  if (callee instanceof Undefined) return callee.fail();
  return typeFault(`'${typeName(callee)}' object is not callable`);
}

/** `object.name(*args, **kwargs)`, without making a bound method for strings and dicts. */
export function callMethod(
  rt: Runtime,
  object: Value,
  name: string,
  args: readonly Value[],
  kwargs: Kwargs,
): Value {
  if (isStr(object)) {
    const method = textMethods.get(name);
    if (method !== undefined) {
      rt.step(1 + (plain(object).length >> 10));
      return method(rt, object, args, kwargs);
    }
  } else if (isDict(object)) {
    const method = dictMethods.get(name);
    if (method !== undefined) {
      rt.step(1);
      return method(rt, object, args, kwargs);
    }
  }
  return callValue(rt, getAttribute(rt, object, name), args, kwargs);
}
