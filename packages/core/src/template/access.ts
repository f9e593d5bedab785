// Attribute and item access. Every type has a table of what it offers; nothing else exists. What Python's sandbox
// forbids (methods that change a value, names that begin with an underscore) gives a value that fails when used.

import { optionalIndex } from "./arguments.ts";
import { charAt, characters, codePointLength, isSimple, trustedText } from "./code-points.ts";
import { numeric } from "./compare.ts";
import {
  dictMethods,
  immutableAttributes,
  listMethods,
  rangeMethods,
  tupleMethods,
} from "./container-methods.ts";
import { fault, typeFault } from "./fault.ts";
import { formatFields } from "./format-fields.ts";
import { type Method, method, rawMethod } from "./method.ts";
import { numberAttribute } from "./number-attributes.ts";
import { repr, reprString } from "./repr.ts";
import type { Runtime } from "./runtime.ts";
import { stringMethods } from "./string-methods.ts";
import { isStr, plain, type Str, slice, Text } from "./text.ts";
import {
  Callable,
  DictView,
  describeObject,
  dictGet,
  Group,
  isDict,
  isFloat,
  Namespace,
  Native,
  Range,
  Tuple,
  typeName,
  Undefined,
  type Value,
} from "./values.ts";

const fieldAccess = { attribute: getAttribute, item: getItem };

/** All methods of strings. */
export const textMethods: ReadonlyMap<string, Method<Str>> = new Map([
  ...stringMethods,
  rawMethod<Str>("format", (rt, text, args, kwargs) => formatFields(rt, fieldAccess, text, args, kwargs)),
  method<Str>("format_map", "mapping", (rt, text, [map]) => formatFields(rt, fieldAccess, text, [], map!)),
]);

/** The value of `object.name` or `object[key]` when there is none. */
function missing(rt: Runtime, object: Value, key: Value): Undefined {
  return new Undefined(() =>
    isStr(key)
      ? `${reprString(describeObject(object))} has no attribute ${reprString(plain(key))}`
      : `${describeObject(object)} has no element ${plain(repr(rt, key))}`,
  );
}

function unsafe(object: Value, name: string): Undefined {
  return new Undefined(
    `access to attribute ${reprString(name)} of '${typeName(object)}' object is unsafe.`,
    "SecurityError",
  );
}

/** Attributes that every Python object has, and those of containers and numbers that templates might probe. */
const dunderName =
  /^__(?:class|delattr|dir|doc|eq|format|ge|getattribute|getstate|gt|hash|init|init_subclass|le|lt|ne|new|reduce|reduce_ex|repr|setattr|sizeof|str|subclasshook)__$/;
const dunderByType: Readonly<Record<string, string>> = {
  NoneType: "bool",
  int: "abs add and bool ceil divmod float floor floordiv getnewargs index int invert lshift mod mul neg or pos pow radd rand rdivmod rfloordiv rlshift rmod rmul ror round rpow rrshift rshift rsub rtruediv rxor sub truediv trunc xor",
  float:
    "abs add bool divmod float floor ceil floordiv getformat getnewargs int mod mul neg pos pow radd rdivmod rfloordiv rmod rmul round rpow rsub rtruediv sub truediv trunc",
  str: "add contains getitem getnewargs iter len mod mul rmod rmul",
  list: "add class_getitem contains delitem getitem iadd imul iter len mul reversed rmul setitem",
  tuple: "add class_getitem contains getitem getnewargs iter len mul rmul",
  dict: "class_getitem contains delitem getitem ior iter len or reversed ror setitem",
  range: "bool contains getitem iter len reversed",
  generator: "del iter name next qualname",
  Macro: "call dict module weakref",
  function:
    "annotations builtins call closure code defaults dict get globals kwdefaults module name qualname",
  builtin_function_or_method: "call module name qualname self text_signature",
};
const privateByType: Readonly<Record<string, string>> = {
  LoopContext:
    "_after _before _current _last_changed_value _length _peek_next _to_iterator _iterable _iterator _undefined _recurse",
  Macro: "_async_invoke _invoke _environment _func _argument_count _default_autoescape",
  Undefined:
    "_undefined_exception _undefined_hint _undefined_message _undefined_name _undefined_obj _fail_with_undefined_error",
};

/** True for a name that begins with an underscore and is an attribute of Python's type. */
function hasPrivate(object: Value, name: string): boolean {
  if (dunderName.test(name)) return true;
  const type = typeName(object);
  const dunders = dunderByType[type === "bool" ? "int" : type === "Markup" ? "str" : type];
  if (name.startsWith("__") && name.endsWith("__") && dunders?.split(" ").includes(name.slice(2, -2)))
    return true;
  return privateByType[type]?.split(" ").includes(name) ?? false;
}

/** The attribute of the type, JavaScript's `undefined` when there is none. */
function attributeOf(rt: Runtime, object: Value, name: string): Value | undefined {
  if (name.startsWith("_")) {
    const isOwn = object instanceof Namespace && object.attributes.has(name);
    return isOwn || hasPrivate(object, name) ? unsafe(object, name) : undefined;
  }
  if (isStr(object)) return boundMethod(textMethods, object, name);
  if (object === null) return undefined;
  if (typeof object !== "object" || isFloat(object)) return numberAttribute(object, name);
  if (Array.isArray(object)) {
    return immutableAttributes.list.has(name) ? unsafe(object, name) : boundMethod(listMethods, object, name);
  }
  if (isDict(object)) {
    return immutableAttributes.dict.has(name) ? unsafe(object, name) : boundMethod(dictMethods, object, name);
  }
  return thingAttribute(rt, object, name);
}

function thingAttribute(rt: Runtime, object: Value, name: string): Value | undefined {
  if (object instanceof Tuple) {
    if (object instanceof Group && (name === "grouper" || name === "list")) {
      return object.items[name === "grouper" ? 0 : 1];
    }
    return boundMethod(tupleMethods, object, name);
  }
  if (object instanceof Namespace) return object.attributes.get(name);
  if (object instanceof Callable) return object.attribute(rt, name);
  if (object instanceof Undefined) return object.fail();
  if (object instanceof Range) {
    if (name === "start" || name === "stop" || name === "step") return object[name];
    return boundMethod(rangeMethods, object, name);
  }
  if (object instanceof DictView && name === "mapping") return object.dict;
  return undefined;
}

function boundMethod<Self extends Value>(
  table: ReadonlyMap<string, Method<Self>>,
  self: Self,
  name: string,
): Value | undefined {
  const method = table.get(name);
  return method && new Native(name, (rt, args, kwargs) => method(rt, self, args, kwargs));
}

/** The names of roles: a template may build control tokens from them, so they count as its own text. */
const roles: ReadonlyMap<string, Str> = new Map(
  ["system", "developer", "user", "assistant", "tool", "function", "ipython"].map((role) => [
    role,
    trustedText(role),
  ]),
);

/** A known role name is trusted although it comes with the messages; anything else stays what it is. */
export function trustedRole(value: Value): Value {
  return typeof value === "string" ? (roles.get(value) ?? value) : value;
}

function itemOf(object: Value, key: Value): Value | undefined {
  if (isDict(object)) {
    if (isHashable(key)) {
      const value = dictGet(object, key);
      return isStr(key) && plain(key) === "role" && value !== undefined ? trustedRole(value) : value;
    }
    return undefined;
  }
  if (object instanceof Undefined) return object.fail();
  if (isStr(key) || isFloat(key)) return undefined;
  const index = numeric(key);
  return index === undefined ? undefined : elementAt(object, Number(index));
}

function isHashable(key: Value): boolean {
  if (typeof key !== "object" || key === null) return true;
  if (Array.isArray(key) || isDict(key)) return false;
  return key instanceof Tuple ? key.items.every(isHashable) : true;
}

function elementAt(object: Value, index: number): Value | undefined {
  if (isStr(object)) return charAt(object, index);
  const items = object instanceof Tuple ? object.items : object;
  if (Array.isArray(items)) return items[index < 0 ? index + items.length : index];
  if (object instanceof Range) {
    const at = index < 0 ? index + object.length : index;
    return at >= 0 && at < object.length ? object.at(at) : undefined;
  }
  return undefined;
}

/** `object.name`: the type's attribute first, then the item. */
export function getAttribute(rt: Runtime, object: Value, name: string): Value {
  const attribute = attributeOf(rt, object, name);
  if (attribute !== undefined) return attribute;
  const item = itemOf(object, name);
  return item === undefined ? missing(rt, object, name) : item;
}

/** `object[key]`: the item first, then the type's attribute. */
export function getItem(rt: Runtime, object: Value, key: Value): Value {
  const item = itemOf(object, key);
  if (item !== undefined) return item;
  const attribute = isStr(key) ? attributeOf(rt, object, plain(key)) : undefined;
  return attribute === undefined ? missing(rt, object, key) : attribute;
}

/** The filter `attr`: only attributes, no items. */
export function getOnlyAttribute(rt: Runtime, object: Value, name: string): Value {
  if (object instanceof Undefined && !name.startsWith("__")) return object.fail();
  const attribute = attributeOf(rt, object, name);
  return attribute === undefined ? missing(rt, object, name) : attribute;
}

/** Names that `object.name` on a dict does not look up as a key. */
export function isDictAttribute(name: string): boolean {
  return name.startsWith("_") || dictMethods.has(name) || immutableAttributes.dict.has(name);
}

/** The value of a key that a dict does not have. */
export function missingKey(rt: Runtime, object: Value, name: string): Undefined {
  return missing(rt, object, name);
}

/** `object[start:stop:step]`, on sequences only. */
export function getSlice(rt: Runtime, object: Value, parts: readonly (Value | undefined)[]): Value {
  if (object instanceof Undefined) return object.fail();
  const length = sequenceLength(object);
  rt.step(length >> (isStr(object) ? 10 : 4));
  const step = optionalIndex(parts[2], 1);
  if (step === 0) return fault("ValueError", "slice step cannot be zero");
  const lowest = step > 0 ? 0 : -1;
  const highest = step > 0 ? length : length - 1;
  const clamp = (part: Value | undefined, fallback: number): number => {
    const index = optionalIndex(part, fallback);
    if (part === undefined || part === null) return fallback;
    return Math.max(lowest, Math.min(index < 0 ? index + length : index, highest));
  };
  const start = clamp(parts[0], step > 0 ? 0 : length - 1);
  const stop = clamp(parts[1], step > 0 ? length : -1);
  if (isStr(object)) return sliceText(rt, object, start, stop, step);
  if (object instanceof Range) {
    return new Range(object.at(start), object.at(stop), object.step * step);
  }
  const items = object instanceof Tuple ? object.items : (object as Value[]);
  const result = pick(items, start, stop, step);
  return object instanceof Tuple ? new Tuple(result) : result;
}

function pick<T>(items: readonly T[], start: number, stop: number, step: number): T[] {
  if (step === 1) return items.slice(start, Math.max(start, stop));
  const result: T[] = [];
  for (let at = start; step > 0 ? at < stop : at > stop; at += step) result.push(items[at]!);
  return result;
}

function sliceText(rt: Runtime, text: Str, start: number, stop: number, step: number): Str {
  const value = plain(text);
  if (step === 1 && isSimple(value)) return slice(text, start, Math.max(start, stop));
  rt.step(value.length >> 6);
  const output = rt.output();
  for (const character of pick(characters(text), start, stop, step)) output.write(character);
  return output.take(text instanceof Text && text.safe);
}

function sequenceLength(object: Value): number {
  if (isStr(object)) return codePointLength(plain(object));
  if (Array.isArray(object)) return object.length;
  if (object instanceof Tuple) return object.items.length;
  if (object instanceof Range) return object.length;
  if (isDict(object)) return typeFault("unhashable type: 'slice'");
  return typeFault(`'${typeName(object)}' object is not subscriptable`);
}
