// Reading arguments: the type that a function wants, or Python's TypeError.

import { fitsIndex, numeric } from "./compare.ts";
import { fault, typeFault } from "./fault.ts";
import { isStr, plain, type Str } from "./text.ts";
import { isFloat, typeName, Undefined, type Value } from "./values.ts";

/** An integer (bools count), as a number; larger ones are taken as infinite. */
export function integerArgument(value: Value | undefined, fallback: number): number {
  if (value === undefined) return fallback;
  const number = isFloat(value) ? undefined : numeric(value);
  if (number === undefined) {
    if (value instanceof Undefined) return value.fail();
    return typeFault(`'${typeName(value)}' object cannot be interpreted as an integer`);
  }
  return Number(number);
}

/** An integer that counts characters or pieces: one that does not fit 64 bits is refused, as Python does. */
export function sizeArgument(value: Value | undefined, fallback: number): number {
  const size = integerArgument(value, fallback);
  const number = value === undefined ? size : numeric(value)!;
  return fitsIndex(number) ? size : fault("OverflowError", "Python int too large to convert to C ssize_t");
}

/** An integer or None. */
export function optionalIndex(value: Value | undefined, fallback: number): number {
  if (value === undefined || value === null) return fallback;
  const number = isFloat(value) ? undefined : numeric(value);
  if (number === undefined) {
    return typeFault("slice indices must be integers or None or have an __index__ method");
  }
  return Number(number);
}

export function textArgument(value: Value | undefined, fallback: Str): Str {
  if (value === undefined) return fallback;
  if (!isStr(value)) return typeFault(`expected str instance, ${typeName(value)} found`);
  return value;
}

export function stringArgument(value: Value | undefined, fallback: string): string {
  return plain(textArgument(value, fallback));
}

/** A string, or null for None and for an argument not given. */
export function optionalString(value: Value | undefined): string | null {
  if (value === undefined || value === null) return null;
  if (!isStr(value)) return typeFault(`arg must be None or str, not ${typeName(value)}`);
  return plain(value);
}

/** The one character to fill with. */
export function fillArgument(value: Value | undefined): Str {
  const text = textArgument(value, " ");
  if ([...plain(text)].length !== 1)
    return fault("TypeError", "The fill character must be exactly one character long");
  return text;
}
