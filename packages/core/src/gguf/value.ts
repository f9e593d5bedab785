// Metadata values of GGUF: scalars, strings and arrays of them.

import { type Cursor, damaged } from "./cursor.ts";

/** u64 and i64 values beyond 2^53 are bigint; every other number is a number. */
export type GgufScalar = number | bigint | boolean | string;
export type GgufValue = GgufScalar | readonly GgufValue[];

const maxStringBytes = 16 * 1024 * 1024;
const maxArrayLength = 10_000_000;
const maxArrayDepth = 4;

interface ValueType {
  readonly name: string;
  /** The fewest bytes that a value takes. */
  readonly bytes: number;
  read(cursor: Cursor, what: string): GgufValue;
}

/** Narrows a 64-bit integer to a number where that loses nothing. */
function narrow(value: bigint): number | bigint {
  const number = Number(value);
  return Number.isSafeInteger(number) ? number : value;
}

const stringType = 8;
const arrayType = 9;

/** Scalars and strings by their type number; arrays are read by `readValue` itself. */
const valueTypes: Readonly<Record<number, ValueType>> = {
  0: { name: "u8", bytes: 1, read: (c, what) => c.view.getUint8(c.take(1, what)) },
  1: { name: "i8", bytes: 1, read: (c, what) => c.view.getInt8(c.take(1, what)) },
  2: { name: "u16", bytes: 2, read: (c, what) => c.view.getUint16(c.take(2, what), true) },
  3: { name: "i16", bytes: 2, read: (c, what) => c.view.getInt16(c.take(2, what), true) },
  4: { name: "u32", bytes: 4, read: (c, what) => c.view.getUint32(c.take(4, what), true) },
  5: { name: "i32", bytes: 4, read: (c, what) => c.view.getInt32(c.take(4, what), true) },
  6: { name: "f32", bytes: 4, read: (c, what) => c.view.getFloat32(c.take(4, what), true) },
  7: { name: "bool", bytes: 1, read: (c, what) => c.u8(what) !== 0 },
  [stringType]: { name: "string", bytes: 8, read: (c, what) => c.string(what, maxStringBytes) },
  10: { name: "u64", bytes: 8, read: (c, what) => narrow(c.view.getBigUint64(c.take(8, what), true)) },
  11: { name: "i64", bytes: 8, read: (c, what) => narrow(c.view.getBigInt64(c.take(8, what), true)) },
  12: { name: "f64", bytes: 8, read: (c, what) => c.view.getFloat64(c.take(8, what), true) },
};

/** Reads one value of the given type number. `what` names it in errors. */
export function readValue(cursor: Cursor, type: number, what: string, depth = 0): GgufValue {
  if (type === arrayType) return readArray(cursor, what, depth + 1);
  const reader = valueTypes[type];
  if (reader === undefined) throw unknownType(type, what);
  return reader.read(cursor, what);
}

function readArray(cursor: Cursor, what: string, depth: number): GgufValue[] {
  if (depth > maxArrayDepth) throw damaged(`${what} nests arrays deeper than ${maxArrayDepth}.`);
  const type = cursor.u32(`element type of ${what}`);
  const length = cursor.size(`length of ${what}`, maxArrayLength);
  const smallest = type === arrayType ? 12 : valueTypes[type]?.bytes;
  if (smallest === undefined) throw unknownType(type, what);
  if (length * smallest > cursor.fileSize - cursor.offset) {
    throw damaged(`${what} claims ${length} elements, more than the rest of the file can hold.`);
  }
  const values: GgufValue[] = [];
  for (let i = 0; i < length; i++) values.push(readValue(cursor, type, what, depth));
  return values;
}

function unknownType(type: number, what: string): Error {
  const known = Object.entries(valueTypes).map(([id, { name }]) => `${id} ${name}`);
  return damaged(`${what} has value type ${type}; known types: ${known.join(", ")}, ${arrayType} array.`);
}
