// The methods of strings. Adding one is one entry here and one probe.

import {
  fillArgument,
  optionalIndex,
  optionalString,
  sizeArgument,
  stringArgument,
  textArgument,
} from "./arguments.ts";
import { repeatText } from "./arithmetic.ts";
import { codePointLength, isSimple, pointIndex, unitOffset } from "./code-points.ts";
import { escapeHtml } from "./escape.ts";
import { fault, typeFault } from "./fault.ts";
import { iterate } from "./iteration.ts";
import { capitalize, caseFold, characterClasses, swapCase, titleWords } from "./letter-case.ts";
import { type Method, method } from "./method.ts";
import type { Runtime } from "./runtime.ts";
import { partition, split, splitLines, strip } from "./split.ts";
import { concat, isSafe, isStr, mapText, plain, type Str, slice } from "./text.ts";
import { Bytes, isDict, Tuple, truth, typeName, type Value } from "./values.ts";

/** UTF-16 offsets of the part of `value` that optional start and end indexes name, or null when it is empty by them. */
function range(value: string, start: Value | undefined, end: Value | undefined): [number, number] | null {
  if (start === undefined && end === undefined) return [0, value.length];
  const length = codePointLength(value);
  const clamp = (index: number): number => (index < 0 ? Math.max(0, index + length) : index);
  const from = clamp(optionalIndex(start, 0));
  const to = Math.min(clamp(optionalIndex(end, length)), length);
  return from > to || from > length ? null : [unitOffset(value, from), unitOffset(value, to)];
}

function find(text: Str, args: readonly (Value | undefined)[], fromRight: boolean): number {
  const value = plain(text);
  const wanted = subject(args[0]);
  const bounds = range(value, args[1], args[2]);
  if (bounds === null) return -1;
  const part = value.slice(...bounds);
  const at = fromRight ? part.lastIndexOf(wanted) : part.indexOf(wanted);
  return at === -1 ? -1 : pointIndex(value, at + bounds[0]);
}

function index(text: Str, args: readonly (Value | undefined)[], fromRight: boolean): number {
  const at = find(text, args, fromRight);
  return at === -1 ? fault("ValueError", "substring not found") : at;
}

function subject(value: Value | undefined): string {
  if (!isStr(value)) return typeFault(`must be str, not ${typeName(value ?? null)}`);
  return plain(value);
}

function count(text: Str, args: readonly (Value | undefined)[]): number {
  const value = plain(text);
  const wanted = subject(args[0]);
  const bounds = range(value, args[1], args[2]);
  if (bounds === null) return 0;
  const part = value.slice(...bounds);
  return wanted === "" ? codePointLength(part) + 1 : part.split(wanted).length - 1;
}

function hasAffix(name: string, text: Str, args: readonly (Value | undefined)[]): boolean {
  const [affix] = args;
  const affixes = affix instanceof Tuple ? affix.items : [affix!];
  const value = plain(text);
  const bounds = range(value, args[1], args[2]);
  return affixes.some((item) => {
    if (!isStr(item)) {
      return affix instanceof Tuple
        ? typeFault(`tuple for ${name} must only contain str, not ${typeName(item)}`)
        : typeFault(`${name} first arg must be str or a tuple of str, not ${typeName(item)}`);
    }
    if (bounds === null) return false;
    const part = value.slice(...bounds);
    return name === "startswith" ? part.startsWith(plain(item)) : part.endsWith(plain(item));
  });
}

/** Text that is combined with a safe one is escaped. */
function harmonize(text: Str, other: Str): Str {
  return isSafe(text) ? escapeHtml(other) : other;
}

/** `str.replace`: inserted text keeps its own flags. */
export function replaceText(rt: Runtime, text: Str, old: string, inserted: Str, limit: number): Str {
  const most = limit < 0 ? Number.POSITIVE_INFINITY : limit;
  if (old === "") return insertBetween(rt, text, inserted, most);
  const value = plain(text);
  let at = value.indexOf(old);
  if (at === -1 || most === 0) return text;
  if (typeof text === "string" && typeof inserted === "string" && most === Number.POSITIVE_INFINITY) {
    rt.checkText(value.length * (inserted.length > old.length ? 1 + inserted.length / old.length : 1));
    return text.replaceAll(old, () => inserted);
  }
  const output = rt.output();
  let start = 0;
  for (let done = 0; at !== -1 && done < most; done++) {
    output.write(slice(text, start, at));
    output.write(inserted);
    start = at + old.length;
    at = value.indexOf(old, start);
  }
  output.write(slice(text, start, value.length));
  return output.take(isSafe(text));
}

function insertBetween(rt: Runtime, text: Str, inserted: Str, most: number): Str {
  const output = rt.output();
  const value = plain(text);
  let done = 0;
  let start = 0;
  for (const character of value) {
    if (done < most) output.write(inserted);
    done++;
    output.write(slice(text, start, start + character.length));
    start += character.length;
  }
  if (done < most) output.write(inserted);
  return output.take(isSafe(text));
}

/** `separator.join(items)`: every item must be a string. */
function join(rt: Runtime, separator: Str, items: Value): Str {
  const output = rt.output();
  const iterator = iterate(items);
  let at = 0;
  for (let next = iterator.next(); !next.done; next = iterator.next()) {
    const item = next.value;
    if (!isStr(item)) {
      return typeFault(`sequence item ${at}: expected str instance, ${typeName(item)} found`);
    }
    if (at > 0) output.write(separator);
    output.write(harmonize(separator, item));
    at++;
  }
  return output.take(isSafe(separator));
}

/** Fills with `before` and `after` copies of a character. */
function pad(rt: Runtime, text: Str, fill: Str, before: number, after: number): Str {
  if (before <= 0 && after <= 0) return text;
  const left = repeatText(rt, fill, Math.max(before, 0));
  const right = repeatText(rt, fill, Math.max(after, 0));
  rt.checkText(plain(left).length + plain(text).length + plain(right).length);
  const safe = isSafe(text);
  return concat(concat(left, text, safe), right, safe);
}

export function center(rt: Runtime, text: Str, width: number, fill: Str): Str {
  const missing = width - codePointLength(plain(text));
  if (missing <= 0) return text;
  const before = Math.floor(missing / 2) + (missing & width & 1);
  return pad(rt, text, fill, before, missing - before);
}

function zeroFill(rt: Runtime, text: Str, width: number): Str {
  const value = plain(text);
  const missing = width - codePointLength(value);
  if (missing <= 0) return text;
  if (!/^[-+]/.test(value)) return pad(rt, text, "0", missing, 0);
  return concat(slice(text, 0, 1), pad(rt, slice(text, 1, value.length), "0", missing, 0), isSafe(text));
}

function expandTabs(rt: Runtime, value: string, size: number): string {
  let result = "";
  let column = 0;
  for (const character of value) {
    if (character === "\t") {
      const width = size > 0 ? size - (column % size) : 0;
      rt.checkText(result.length + width);
      result += " ".repeat(width);
      column += width;
    } else {
      result += character;
      column = character === "\n" || character === "\r" ? 0 : column + 1;
    }
  }
  return result;
}

function translate(text: Str, table: Value): Str {
  if (!isDict(table)) return typeFault(`'${typeName(table)}' object is not subscriptable`);
  return text;
}

function encode(value: string): Bytes {
  if (!isSimple(value) && /\p{Cs}/u.test(value)) {
    fault("UnicodeEncodeError", "'utf-8' codec can't encode character: surrogates not allowed");
  }
  return new Bytes(new TextEncoder().encode(value));
}

const mapping = (name: string, change: (value: string) => string): [string, Method<Str>] =>
  method(name, "", (_rt, text) => mapText(text, change));

const stripping = (name: string, left: boolean, right: boolean): [string, Method<Str>] =>
  method(name, "chars?", (_rt, text, [chars]) => strip(text, optionalString(chars), left, right));

const methods: [string, Method<Str>][] = [
  mapping("upper", (value) => value.toUpperCase()),
  mapping("lower", (value) => value.toLowerCase()),
  mapping("title", titleWords),
  mapping("capitalize", capitalize),
  mapping("swapcase", swapCase),
  mapping("casefold", caseFold),
  stripping("strip", true, true),
  stripping("lstrip", true, false),
  stripping("rstrip", false, true),
  method(
    "split",
    "sep? maxsplit?",
    (_rt, text, [sep, most]) => split(text, optionalString(sep), sizeArgument(most, -1), false),
    true,
  ),
  method(
    "rsplit",
    "sep? maxsplit?",
    (_rt, text, [sep, most]) => split(text, optionalString(sep), sizeArgument(most, -1), true),
    true,
  ),
  method("splitlines", "keepends?", (_rt, text, [keep]) => splitLines(text, truth(keep ?? false)), true),
  method("partition", "sep", (_rt, text, [sep]) => partition(text, subject(sep), false)),
  method("rpartition", "sep", (_rt, text, [sep]) => partition(text, subject(sep), true)),
  method("find", "sub start? end?", (_rt, text, args) => find(text, args, false)),
  method("rfind", "sub start? end?", (_rt, text, args) => find(text, args, true)),
  method("index", "sub start? end?", (_rt, text, args) => index(text, args, false)),
  method("rindex", "sub start? end?", (_rt, text, args) => index(text, args, true)),
  method("count", "sub start? end?", (_rt, text, args) => count(text, args)),
  method("startswith", "prefix start? end?", (_rt, text, args) => hasAffix("startswith", text, args)),
  method("endswith", "suffix start? end?", (_rt, text, args) => hasAffix("endswith", text, args)),
  method("removeprefix", "prefix", (_rt, text, [prefix]) => {
    const wanted = subject(prefix);
    return plain(text).startsWith(wanted) ? slice(text, wanted.length, plain(text).length) : text;
  }),
  method("removesuffix", "suffix", (_rt, text, [suffix]) => {
    const wanted = subject(suffix);
    const { length } = plain(text);
    return wanted !== "" && plain(text).endsWith(wanted) ? slice(text, 0, length - wanted.length) : text;
  }),
  method("replace", "old new count?", (rt, text, [old, inserted, most]) =>
    replaceText(rt, text, subject(old), harmonize(text, textArgument(inserted, "")), sizeArgument(most, -1)),
  ),
  method("join", "iterable", (rt, text, [items]) => join(rt, text, items!)),
  method("center", "width fillchar?", (rt, text, [width, fill]) =>
    center(rt, text, sizeArgument(width, 0), fillArgument(fill)),
  ),
  method("ljust", "width fillchar?", (rt, text, [width, fill]) =>
    pad(rt, text, fillArgument(fill), 0, sizeArgument(width, 0) - codePointLength(plain(text))),
  ),
  method("rjust", "width fillchar?", (rt, text, [width, fill]) =>
    pad(rt, text, fillArgument(fill), sizeArgument(width, 0) - codePointLength(plain(text)), 0),
  ),
  method("zfill", "width", (rt, text, [width]) => zeroFill(rt, text, sizeArgument(width, 0))),
  method(
    "expandtabs",
    "tabsize?",
    (rt, text, [size]) => mapText(text, (value) => expandTabs(rt, value, sizeArgument(size, 8))),
    true,
  ),
  method(
    "encode",
    "encoding? errors?",
    (_rt, text, [encoding, errors]) => {
      const name = stringArgument(encoding, "utf-8").toLowerCase();
      stringArgument(errors, "strict");
      if (name !== "utf-8" && name !== "utf8")
        return fault("ValueError", `encoding ${name} is not supported`);
      return encode(plain(text));
    },
    true,
  ),
  method("translate", "table", (_rt, text, [table]) => translate(text, table!)),
  ...Object.entries(characterClasses).map(([name, test]): [string, Method<Str>] =>
    method(name, "", (_rt, text) => test(plain(text))),
  ),
];

/** By name; `format` and `format_map` are with attribute access. Results of a safe string that are strings of their own are safe too. */
export const stringMethods: ReadonlyMap<string, Method<Str>> = new Map(methods);
