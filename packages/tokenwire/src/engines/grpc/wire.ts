// Protocol buffers by description: what a message holds is data, and one encoder and one decoder serve all of them.
// https://protobuf.dev/programming-guides/encoding/

import { decodeUtf8, encodeUtf8 } from "@tokenwire/core/bytes";
import { Reader, Writer, wireTypes } from "./wire-bytes.ts";

type Scalar = "string" | "bytes" | "bool" | "int32" | "uint32" | "int64" | "uint64" | "float" | "double";

/** A field's number and type; `*` marks a repeated one, `map` a map from its first type to its second. */
export type Field =
  | readonly [number: number, type: Scalar | `${Scalar}*` | `map<${"int32" | "string"},${Scalar}>`]
  | readonly [number: number, type: Message, repeated?: "*"];

/** The fields of a message by name. */
export interface Message {
  readonly [name: string]: Field;
}

/** Values by field name. Decoded 64-bit integers are bigints; fields that did not come are absent. */
export type MessageValue = Readonly<Record<string, unknown>>;

interface Plan {
  readonly name: string;
  readonly number: number;
  readonly type: Scalar | Message;
  readonly repeated: boolean;
  readonly map: boolean;
}

const plans = new WeakMap<Message, ReadonlyMap<number, Plan>>();

function plansOf(message: Message): ReadonlyMap<number, Plan> {
  let found = plans.get(message);
  if (found === undefined) {
    found = new Map(Object.entries(message).map(([name, field]) => [field[0], toPlan(name, field)]));
    plans.set(message, found);
  }
  return found;
}

function toPlan(name: string, [number, type, repeated]: Field): Plan {
  const plan = { name, number, map: false };
  if (typeof type !== "string") return { ...plan, type, repeated: repeated === "*" };
  const [, key, value] = /^map<(\w+),(\w+)>$/.exec(type) ?? [];
  if (key !== undefined) {
    const entry: Message = { key: [1, key as Scalar], value: [2, value as Scalar] };
    return { ...plan, type: entry, repeated: true, map: true };
  }
  return { ...plan, type: type.replace("*", "") as Scalar, repeated: type.endsWith("*") };
}

function wireTypeOf(type: Scalar | Message): number {
  if (typeof type !== "string" || type === "string" || type === "bytes") return wireTypes.bytes;
  if (type === "float") return wireTypes.fixed32;
  return type === "double" ? wireTypes.fixed64 : wireTypes.varint;
}

/**
 * The bytes of a message. Values that are undefined are left out; all others are written, zeros too.
 *
 * @throws TypeError for a name that the description lacks: a typing mistake must not travel unnoticed.
 * @example
 * encodeMessage({ ids: [2, "uint32*"] }, { ids: [1, 300] }) // 12 03 01 ac 02
 */
export function encodeMessage(message: Message, value: MessageValue): Buffer {
  const writer = new Writer();
  writeMessage(writer, message, value);
  return writer.end();
}

function writeMessage(writer: Writer, message: Message, value: MessageValue): void {
  for (const [name, entry] of Object.entries(value)) {
    const field = message[name];
    if (field === undefined) throw new TypeError(`This message has no field "${name}".`);
    if (entry === undefined) continue;
    writeField(writer, plansOf(message).get(field[0]) as Plan, entry);
  }
}

function writeField(writer: Writer, plan: Plan, value: unknown): void {
  const { number, type, repeated, map } = plan;
  if (map) {
    for (const [key, entry] of value as Map<unknown, unknown>) {
      writeNested(writer, number, type as Message, { key, value: entry });
    }
  } else if (!repeated) writeOne(writer, plan, value);
  else if (wireTypeOf(type) === wireTypes.bytes) {
    for (const entry of value as readonly unknown[]) writeOne(writer, plan, entry);
  } else writePacked(writer, number, type as Scalar, value as ArrayLike<number>);
}

function writeOne(writer: Writer, { number, type }: Plan, value: unknown): void {
  if (typeof type !== "string") {
    writeNested(writer, number, type, value as MessageValue);
    return;
  }
  writer.varint(number * 8 + wireTypeOf(type));
  if (type === "string") writer.block(encodeUtf8(value as string));
  else if (type === "bytes") writer.block(value as Uint8Array);
  else writeScalar(writer, type, value);
}

function writeNested(writer: Writer, number: number, message: Message, value: MessageValue): void {
  writer.varint(number * 8 + wireTypes.bytes);
  writer.block(encodeMessage(message, value));
}

function writePacked(writer: Writer, number: number, type: Scalar, values: ArrayLike<number>): void {
  if (values.length === 0) return;
  const packed = new Writer();
  for (let at = 0; at < values.length; at++) writeScalar(packed, type, values[at]);
  writer.varint(number * 8 + wireTypes.bytes);
  writer.block(packed.end());
}

function writeScalar(writer: Writer, type: Scalar, value: unknown): void {
  if (type === "float") writer.float(value as number);
  else if (type === "double") writer.double(value as number);
  else if (type === "bool") writer.varint(value === true ? 1 : 0);
  else if (typeof value === "number" && value >= 0) writer.varint(value);
  // Negative integers travel as 64 bits, of whatever size they are.
  else writer.bigVarint(BigInt.asUintN(64, BigInt(value as number | bigint)));
}

/**
 * The values in a message. Fields that the description lacks are skipped: newer servers send more.
 *
 * @throws RangeError for bytes that are no message.
 */
export function decodeMessage(message: Message, bytes: Uint8Array): MessageValue {
  const reader = new Reader(bytes);
  const value: Record<string, unknown> = {};
  const known = plansOf(message);
  while (!reader.done) {
    const tag = reader.varint();
    const plan = known.get(Math.floor(tag / 8));
    if (plan === undefined) reader.skip(tag % 8);
    else readField(reader, plan, tag % 8, value);
  }
  return value;
}

function readField(reader: Reader, plan: Plan, wireType: number, value: Record<string, unknown>): void {
  const { name, type, repeated, map } = plan;
  const own = wireTypeOf(type);
  if (repeated && wireType === wireTypes.bytes && own !== wireTypes.bytes) {
    const packed = new Reader(reader.block());
    const list = listOf(value, name);
    while (!packed.done) list.push(readScalar(packed, type as Scalar));
  } else if (wireType !== own) reader.skip(wireType);
  else {
    const entry = typeof type === "string" ? readScalar(reader, type) : decodeMessage(type, reader.block());
    if (map) addEntry(value, name, entry as MessageValue);
    else if (repeated) listOf(value, name).push(entry);
    else value[name] = entry;
  }
}

function listOf(value: Record<string, unknown>, name: string): unknown[] {
  value[name] ??= [];
  return value[name] as unknown[];
}

function addEntry(value: Record<string, unknown>, name: string, entry: MessageValue): void {
  value[name] ??= new Map();
  (value[name] as Map<unknown, unknown>).set(entry["key"], entry["value"]);
}

function readScalar(reader: Reader, type: Scalar): unknown {
  switch (type) {
    case "string":
      return decodeUtf8(reader.block());
    case "bytes":
      return reader.block();
    case "float":
      return reader.float();
    case "double":
      return reader.double();
    case "bool":
      return reader.varint() !== 0;
    case "uint32":
      return reader.varint() % 2 ** 32;
    case "int32":
      return Number(BigInt.asIntN(32, reader.bigVarint()));
    case "int64":
      return BigInt.asIntN(64, reader.bigVarint());
    case "uint64":
      return reader.bigVarint();
  }
}
