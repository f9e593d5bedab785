// Filters on text.

import { integerArgument, optionalString, sizeArgument, textArgument } from "./arguments.ts";
import { add, addText, repeatText } from "./arithmetic.ts";
import { characters, codePointLength, unitOffset } from "./code-points.ts";
import { escapeHtml } from "./escape.ts";
import { attributeFault, fault, typeFault } from "./fault.ts";
import { anyFilter, type Filter, filter } from "./filter.ts";
import { each, isIterable, lengthOf, toArray } from "./iteration.ts";
import { capitalize } from "./letter-case.ts";
import { formatPrintf } from "./printf.ts";
import { plainStr, str } from "./repr.ts";
import type { Runtime } from "./runtime.ts";
import { split, splitLines, strip } from "./split.ts";
import { center, replaceText } from "./string-methods.ts";
import {
  commonFlags,
  concat,
  isSafe,
  isStr,
  mapText,
  plain,
  type Str,
  slice,
  textOf,
  withSafety,
} from "./text.ts";
import {
  dictEntries,
  dictOf,
  Generator,
  given,
  isDict,
  Tuple,
  truth,
  typeName,
  Undefined,
  type Value,
} from "./values.ts";
import { spaceClass } from "./white-space.ts";
import { wrapLines } from "./word-wrap.ts";

const wordStart = new RegExp(`[-${spaceClass}({[<]+`, "gu");

function titleFilter(value: string): string {
  let result = "";
  let start = 0;
  const word = (end: number): void => {
    const text = value.slice(start, end);
    if (text === "") return;
    const first = String.fromCodePoint(text.codePointAt(0)!);
    result += first.toUpperCase() + text.slice(first.length).toLowerCase();
  };
  for (const match of value.matchAll(wordStart)) {
    word(match.index);
    result += match[0];
    start = match.index + match[0].length;
  }
  word(value.length);
  return result;
}

const mapping = (name: string, change: (value: string) => string): Filter =>
  filter(name, "s", (rt, [value]) => mapText(str(rt, value!), change));

/** The text to go through line by line. */
function linesOf(value: Value | undefined): Str {
  if (isStr(value)) return value;
  if (value instanceof Undefined) return value.fail();
  return attributeFault(typeName(value ?? null), "splitlines");
}

/** Splits at Python's line ends, joins with `\n`; blank lines stay blank unless `blank`. */
function indent(rt: Runtime, args: readonly (Value | undefined)[]): Value {
  const [value, width, first, blank] = args;
  if (!isStr(value) && !Array.isArray(value)) return add(rt, value!, "\n");
  const text = linesOf(value);
  const safe = isSafe(text);
  const unit =
    width !== undefined && isStr(width)
      ? width
      : repeatText(rt, textOf(" ", 1, safe), sizeArgument(width, 4));
  const indention = safe ? withSafety(unit, true) : unit;
  const lines = splitLines(concat(text, "\n", safe), false);
  const output = rt.output();
  lines.forEach((line, at) => {
    if (at > 0) output.writeRun("\n", commonFlags(text));
    if (at === 0 ? truth(first ?? false) : plain(line) !== "" || truth(blank ?? false))
      output.write(indention);
    output.write(line);
  });
  return output.take(safe);
}

function truncate(rt: Runtime, args: readonly (Value | undefined)[]): Value {
  const [value, length, killwords, end, leeway] = args;
  const ending = textArgument(end, textOf("...", 1, false));
  const most = integerArgument(length, 255);
  const slack = leeway === null ? 5 : integerArgument(leeway, 5);
  const endLength = codePointLength(plain(ending));
  if (most < endLength) fault("AssertionError", `expected length >= ${endLength}, got ${most}`);
  if (slack < 0) fault("AssertionError", `expected leeway >= 0, got ${slack}`);
  const size = lengthOf(value!) ?? typeFault(`object of type '${typeName(value!)}' has no len()`);
  if (size <= most + slack) return value!;
  const text = isStr(value) ? value : attributeFault(typeName(value!), "rsplit");
  const cut = slice(text, 0, unitOffset(plain(text), most - endLength));
  return addText(rt, truth(killwords ?? false) ? cut : split(cut, " ", 1, true)[0]!, ending);
}

function quoteUrl(value: string, safeCharacters: string): string {
  let result = "";
  for (const byte of new TextEncoder().encode(value)) {
    const character = String.fromCharCode(byte);
    const keep = byte < 0x80 && (/[\w.~-]/.test(character) || safeCharacters.includes(character));
    result += keep ? character : `%${byte.toString(16).toUpperCase().padStart(2, "0")}`;
  }
  return result;
}

function urlencode(rt: Runtime, value: Value): Value {
  if (isStr(value)) return mapText(withSafety(value, false), (text) => quoteUrl(text, "/"));
  if (!isIterable(value)) return quoteUrl(plain(str(rt, value)), "/");
  const query = (part: Value): string => quoteUrl(plain(str(rt, part)), " ").replaceAll(" ", "+");
  const parts: string[] = [];
  for (const item of isDict(value)
    ? Array.from(dictEntries(value), (pair) => new Tuple(pair))
    : each(value)) {
    const pair = toArray(item);
    if (pair.length < 2) fault("ValueError", `not enough values to unpack (expected 2, got ${pair.length})`);
    if (pair.length > 2) fault("ValueError", "too many values to unpack (expected 2)");
    parts.push(`${query(pair[0]!)}=${query(pair[1]!)}`);
  }
  return parts.join("&");
}

/** `str(items[0]) + separator + …`, a plain string unless autoescape is on. */
export function joinText(rt: Runtime, items: readonly Value[], separator: Value): Str {
  const between = rt.autoescape ? escapeHtml(str(rt, separator)) : plainStr(rt, separator);
  const output = rt.output();
  items.forEach((item, at) => {
    if (at > 0) output.write(between);
    output.write(rt.autoescape ? escapeHtml(str(rt, item)) : str(rt, item));
  });
  return output.take(rt.autoescape);
}

export const textFilters: readonly Filter[] = [
  mapping("upper", (value) => value.toUpperCase()),
  mapping("lower", (value) => value.toLowerCase()),
  mapping("capitalize", capitalize),
  filter("title", "s", (rt, [value]) => mapText(plainStr(rt, value!), titleFilter)),
  filter("trim", "value chars?", (rt, [value, chars]) =>
    strip(str(rt, value!), optionalString(chars), true, true),
  ),
  filter("string", "s", (rt, [value]) => str(rt, value!)),
  filter("safe", "value", (rt, [value]) => withSafety(str(rt, value!), true)),
  filter("replace", "s old new count?", (rt, [value, old, inserted, count]) =>
    replaceText(
      rt,
      plainStr(rt, value!),
      plain(str(rt, old!)),
      plainStr(rt, inserted!),
      count === null ? -1 : sizeArgument(count, -1),
    ),
  ),
  anyFilter("format", (rt, [value, ...args], kwargs) => {
    if (args.length > 0 && kwargs.size > 0) {
      fault("FilterArgumentError", "can't handle positional and keyword arguments at the same time");
    }
    return formatPrintf(rt, str(rt, value!), kwargs.size > 0 ? dictOf(kwargs) : new Tuple(args));
  }),
  filter("indent", "s width? first? blank?", indent),
  filter("center", "value width?", (rt, [value, width]) =>
    center(rt, str(rt, value!), sizeArgument(width, 80), " "),
  ),
  filter("truncate", "s length? killwords? end? leeway?", truncate),
  filter("wordwrap", "s width? break_long_words? wrapstring? break_on_hyphens?", (rt, args) => {
    const text = linesOf(args[0]);
    const wrapString = args[3] === undefined || args[3] === null ? "\n" : plain(textArgument(args[3], ""));
    const lines = splitLines(plain(text), false).map((line) =>
      wrapLines(rt, plain(line), {
        width: integerArgument(args[1], 79),
        breakLongWords: truth(given(args[2], true)),
        breakOnHyphens: truth(given(args[4], true)),
      }).join(wrapString),
    );
    return textOf(lines.join(wrapString), commonFlags(text), false);
  }),
  filter("wordcount", "s", (rt, [value]) => plain(str(rt, value!)).match(/[\p{L}\p{N}_]+/gu)?.length ?? 0),
  filter("urlencode", "value", (rt, [value]) => urlencode(rt, value!)),
  filter("reverse", "value", (_rt, [value]) => reverse(value!)),
];

function reverse(value: Value): Value {
  if (isStr(value)) {
    const reversed = characters(value).reverse();
    return reversed.reduce<Str>(
      (all, next) => concat(all, next, isSafe(value)),
      textOf("", 0, isSafe(value)),
    );
  }
  const isIterator = Array.isArray(value) ? "list_reverseiterator" : "reversed";
  if (value instanceof Undefined) return new Generator([][Symbol.iterator](), "reversed");
  if (value instanceof Generator) return toArray(value).reverse();
  let items: Value[];
  try {
    items = toArray(value);
  } catch (cause) {
    if (cause instanceof Error && cause.name === "Fault")
      return fault("FilterArgumentError", "argument must be iterable");
    throw cause;
  }
  return new Generator(items.reverse()[Symbol.iterator](), isIterator);
}
