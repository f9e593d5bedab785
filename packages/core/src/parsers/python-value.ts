// Reads Python literals and writes them as JSON, piece by piece: strings come out while they are being read, numbers
// keep their digits.

import { Emitter } from "./emitter.ts";
import { jsonInner } from "./json-text.ts";
import { isSpace, type Outcome, Reader, type Task } from "./reader.ts";

export interface PythonDialect {
  /** Names that are no literal become strings. */
  readonly bareWords: boolean;
  /** Numbers may have a sign. */
  readonly signed: boolean;
}

export const lenientPython: PythonDialect = { bareWords: true, signed: true };
export const strictPython: PythonDialect = { bareWords: false, signed: true };

type Sink = (json: string) => void;

const maxDepth = 128;
const words = new Map([
  ["True", "true"],
  ["true", "true"],
  ["False", "false"],
  ["false", "false"],
  ["None", "null"],
  ["null", "null"],
]);
const number = /^[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?$/;

export const isWordStart = (code: number): boolean =>
  (code >= 65 && code <= 90) || (code >= 97 && code <= 122) || code === 95 || code > 127;
export const isDigit = (code: number): boolean => code >= 48 && code <= 57;
export const isWord = (code: number): boolean => isWordStart(code) || isDigit(code);
const isNumberPart = (code: number) => isWord(code) || code === 46 || code === 43 || code === 45;

/** Reads one value and gives its JSON to `sink`. */
export function* pythonValue(reader: Reader, sink: Sink, dialect: PythonDialect, depth = 0): Task<Outcome> {
  if (depth > maxDepth) return "deep";
  const code = yield* reader.peek();
  switch (code) {
    case -1:
      return "end";
    case 34:
    case 39:
      return yield* pythonString(reader, sink);
    case 91:
      return yield* sequence(reader, sink, dialect, depth, 93);
    case 40:
      return yield* sequence(reader, sink, dialect, depth, 41);
    case 123:
      return yield* dict(reader, sink, dialect, depth);
    default:
      return isWordStart(code) ? yield* word(reader, sink, dialect) : yield* numeric(reader, sink, dialect);
  }
}

function* word(reader: Reader, sink: Sink, dialect: PythonDialect): Task<Outcome> {
  const text = yield* reader.while(isWord);
  const json = words.get(text);
  if (json === undefined && !dialect.bareWords) return "bad";
  sink(json ?? JSON.stringify(text));
  return "ok";
}

function* numeric(reader: Reader, sink: Sink, dialect: PythonDialect): Task<Outcome> {
  const text = yield* reader.while(isNumberPart);
  const signed = text.startsWith("-") || text.startsWith("+");
  const json = signed && !dialect.signed ? undefined : jsonNumber(text);
  if (json === undefined) return (yield* reader.peek()) === -1 ? "end" : "bad";
  sink(json);
  return "ok";
}

/** The JSON spelling of a Python number: `.5` and `1.` need digits, `+1` loses its sign. */
export function jsonNumber(text: string): string | undefined {
  if (!number.test(text)) return undefined;
  const digits = text
    .replace(/^\+/, "")
    .replace(/^(-?)\./, "$10.")
    .replace(/\.(?=$|[eE])/, ".0");
  return /^-?0\d/.test(digits) ? undefined : digits;
}

function* sequence(
  reader: Reader,
  sink: Sink,
  dialect: PythonDialect,
  depth: number,
  close: number,
): Task<Outcome> {
  reader.take(1);
  sink("[");
  for (let first = true; ; first = false) {
    yield* reader.space();
    if ((yield* reader.peek()) === close) break;
    if (!first) sink(",");
    const outcome = yield* pythonValue(reader, sink, dialect, depth + 1);
    if (outcome !== "ok") return outcome;
    const more = yield* comma(reader, close);
    if (more === "bad" || more === "end") return more;
    if (more === "close") break;
  }
  reader.take(1);
  sink("]");
  return "ok";
}

function* dict(reader: Reader, sink: Sink, dialect: PythonDialect, depth: number): Task<Outcome> {
  reader.take(1);
  sink("{");
  for (let first = true; ; first = false) {
    yield* reader.space();
    if ((yield* reader.peek()) === 125) break;
    if (!first) sink(",");
    const key = yield* dictKey(reader, sink);
    if (key !== "ok") return key;
    const outcome = yield* pythonValue(reader, sink, dialect, depth + 1);
    if (outcome !== "ok") return outcome;
    const more = yield* comma(reader, 125);
    if (more === "bad" || more === "end") return more;
    if (more === "close") break;
  }
  reader.take(1);
  sink("}");
  return "ok";
}

function* dictKey(reader: Reader, sink: Sink): Task<Outcome> {
  const code = yield* reader.peek();
  let outcome: Outcome = "ok";
  if (code === 34 || code === 39) {
    outcome = yield* pythonString(reader, sink);
  } else {
    const text = jsonNumber(yield* reader.while(isNumberPart));
    if (text === undefined) return (yield* reader.peek()) === -1 ? "end" : "bad";
    sink(`"${text}"`);
  }
  if (outcome !== "ok") return outcome;
  yield* reader.space();
  const colon = yield* reader.peek();
  if (colon !== 58) return colon === -1 ? "end" : "bad";
  reader.take(1);
  yield* reader.space();
  sink(":");
  return "ok";
}

/** What stands after an element: a comma (consumed), the closing bracket (not consumed), or neither. */
export function* comma(reader: Reader, close: number): Task<"more" | "close" | "bad" | "end"> {
  yield* reader.space();
  const code = yield* reader.peek();
  if (code === close) return "close";
  if (code !== 44) return code === -1 ? "end" : "bad";
  reader.take(1);
  return "more";
}

/** Reads one string and writes it as a JSON string, as far as it has come. */
export function* pythonString(reader: Reader, sink: Sink): Task<Outcome> {
  const quote = yield* reader.peek();
  reader.take(1);
  sink('"');
  reader.inQuote = true;
  for (;;) {
    const text = yield* reader.while((code) => code !== quote && code !== 92 && code !== 10);
    sink(jsonInner(text));
    const code = yield* reader.peek();
    if (code !== 92) {
      reader.inQuote = false;
      if (code !== quote) return code === -1 ? "end" : "bad";
      reader.take(1);
      sink('"');
      return "ok";
    }
    const decoded = yield* decodedEscape(reader);
    if (decoded === undefined) {
      reader.inQuote = false;
      return "end";
    }
    sink(jsonInner(decoded));
  }
}

const simple = new Map(
  Object.entries({ n: "\n", t: "\t", r: "\r", "0": "\0", a: "\x07", b: "\b", f: "\f", v: "\v", "\n": "" }),
);
const hexLength = new Map(Object.entries({ x: 2, u: 4, U: 8 }));

/** Decodes one escape; one that Python does not know stays as it is written. Undefined: the input ended in it. */
function* decodedEscape(reader: Reader): Task<string | undefined> {
  reader.take(1);
  if ((yield* reader.peek()) === -1) return undefined;
  const kind = reader.take(1);
  if (kind === "\\" || kind === "'" || kind === '"') return kind;
  const plain = simple.get(kind);
  if (plain !== undefined) return plain;
  const length = hexLength.get(kind);
  if (length === undefined) return `\\${kind}`;
  let digits = "";
  while (digits.length < length) {
    const code = yield* reader.peek();
    if (code === -1) return undefined;
    if (!/[0-9a-fA-F]/.test(String.fromCharCode(code))) return `\\${kind}${digits}`;
    digits += reader.take(1);
  }
  const point = Number.parseInt(digits, 16);
  return point > 0x10ffff ? `\\${kind}${digits}` : String.fromCodePoint(point);
}

/** The JSON of a whole text that is one Python literal, or undefined. */
export function pythonToJson(text: string, dialect: PythonDialect = strictPython): string | undefined {
  const reader = new Reader(new Emitter(false));
  reader.input.push(text);
  reader.input.end();
  let json = "";
  const task = pythonValue(
    reader,
    (piece) => {
      json += piece;
    },
    dialect,
  );
  const result = task.next();
  const { buffer, pos } = reader.input;
  for (let at = pos; at < buffer.length; at++) if (!isSpace(buffer.charCodeAt(at))) return undefined;
  return result.done && result.value === "ok" ? json : undefined;
}
