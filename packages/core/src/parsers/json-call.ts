// Reads calls written as JSON objects, `{"name": NAME, "arguments": {…}}` and their dialects, forwarding the
// arguments as they arrive. JSON is copied, never printed anew: digits, spaces and escapes stay as the model wrote them.

import { JsonScanner } from "../json/index.ts";
import type { CallFault } from "./output-event.ts";
import type { Outcome, Task } from "./reader.ts";
import type { ToolReader } from "./tool-reader.ts";

/** The keys of a call object, best first. */
export interface JsonCallKeys {
  readonly name: readonly string[];
  readonly arguments: readonly string[];
  /** The model's own id. */
  readonly id?: string;
  /** Only an object (or a string that holds one) is a call. */
  readonly objectOnly?: boolean;
  readonly emptyName?: boolean;
  /** A JSON value that is no call is taken out of the text all the same. */
  readonly dropOthers?: boolean;
}

export const standardKeys: JsonCallKeys = { name: ["name"], arguments: ["arguments", "parameters"] };
export const strictKeys: JsonCallKeys = { name: ["name"], arguments: ["arguments"] };

/** `not-call`: a whole object, but without a usable name. */
export type CallOutcome = Outcome | "not-call";

/** Why a call that ended so is not a call. */
export function faultOf(outcome: CallOutcome): CallFault {
  if (outcome === "end") return "truncated";
  if (outcome === "deep") return "limit";
  return outcome === "not-call" ? "missing-name" : "bad-json";
}

const QUOTE = 34;
const COMMA = 44;
const COLON = 58;
const OPEN = 123;
const CLOSE = 125;

/** State of one object: what was seen of the call so far. */
interface Progress {
  name: string | undefined;
  nameRank: number;
  nativeId: string | undefined;
  /** Arguments that came before the name. */
  early: string | undefined;
  seenArguments: boolean;
}

/** Reads the object that starts here. After `ok` the call is announced and all its arguments are out. */
export function* jsonCall(reader: ToolReader, keys: JsonCallKeys = standardKeys): Task<CallOutcome> {
  const call: Progress = {
    name: undefined,
    nameRank: keys.name.length,
    nativeId: undefined,
    early: undefined,
    seenArguments: false,
  };
  reader.take(1);
  for (let first = true; ; first = false) {
    yield* reader.space();
    const code = yield* reader.peek();
    if (code === CLOSE && first) break;
    const member = yield* readMember(reader, keys, call);
    if (member !== "ok") return member;
    yield* reader.space();
    const next = yield* reader.peek();
    if (next === CLOSE) break;
    if (next !== COMMA) return next === -1 ? "end" : "bad";
    reader.take(1);
  }
  reader.take(1);
  return finishObject(reader, keys, call);
}

function announce(reader: ToolReader, keys: JsonCallKeys, call: Progress): boolean {
  if (reader.committed) return true;
  if (keys.emptyName && call.name === "") {
    reader.announce("", call.nativeId);
    return true;
  }
  return reader.commit(call.name ?? "", call.nativeId);
}

function finishObject(reader: ToolReader, keys: JsonCallKeys, call: Progress): CallOutcome {
  if (call.name === undefined) return "not-call";
  if (reader.committed) return "ok";
  if (!call.seenArguments && reader.rules.requireArguments) return "not-call";
  if (!announce(reader, keys, call)) return "not-call";
  reader.args(call.early ?? "{}");
  return "ok";
}

function* readMember(reader: ToolReader, keys: JsonCallKeys, call: Progress): Task<CallOutcome> {
  const code = yield* reader.peek();
  if (code !== QUOTE) return code === -1 ? "end" : "bad";
  const { outcome, text } = yield* reader.jsonText();
  if (outcome !== "ok") return outcome;
  const key = JSON.parse(text) as string;
  yield* reader.space();
  const colon = yield* reader.peek();
  if (colon !== COLON) return colon === -1 ? "end" : "bad";
  reader.take(1);
  yield* reader.space();
  const rank = keys.name.indexOf(key);
  if (rank >= 0 && rank < call.nameRank && !reader.committed) return yield* readName(reader, call, rank);
  if (keys.arguments.includes(key) && !call.seenArguments) return yield* readArguments(reader, keys, call);
  if (key === keys.id) return yield* readId(reader, call);
  return yield* reader.json();
}

function* readName(reader: ToolReader, call: Progress, rank: number): Task<CallOutcome> {
  const { outcome, text } = yield* reader.jsonText();
  if (outcome !== "ok") return outcome;
  if (text.startsWith('"')) {
    call.name = JSON.parse(text) as string;
    call.nameRank = rank;
  }
  return "ok";
}

function* readId(reader: ToolReader, call: Progress): Task<CallOutcome> {
  const { outcome, text } = yield* reader.jsonText();
  if (outcome === "ok") call.nativeId = text.startsWith('"') ? (JSON.parse(text) as string) : text;
  return outcome;
}

function* readArguments(reader: ToolReader, keys: JsonCallKeys, call: Progress): Task<CallOutcome> {
  call.seenArguments = true;
  const code = yield* reader.peek();
  if (code === -1) return "end";
  const known = call.name !== undefined;
  if (known && code === OPEN)
    return announce(reader, keys, call) ? yield* reader.jsonArguments() : "not-call";
  let early = "";
  const commit = () => !known || announce(reader, keys, call);
  const sink = (text: string) => {
    if (known) reader.args(text);
    else early += text;
  };
  const outcome = yield* argumentValue(reader, code, keys, commit, sink);
  if (!known) call.early = early;
  return outcome;
}

/** The value of the arguments: an object as it stands; null and strings need a look first. */
function* argumentValue(
  reader: ToolReader,
  code: number,
  keys: JsonCallKeys,
  commit: () => boolean,
  sink: (text: string) => void,
): Task<CallOutcome> {
  if (code === OPEN) return commit() ? yield* reader.json(sink, scannerFor(reader)) : "not-call";
  if (code === QUOTE && reader.rules.unwrapStringArguments)
    return yield* stringArguments(reader, keys, commit, sink);
  const { outcome, text } = yield* reader.jsonText();
  if (outcome !== "ok") return outcome;
  if (text === "null" && reader.rules.nullArguments === "object") {
    if (!commit()) return "not-call";
    sink("{}");
    return "ok";
  }
  if (keys.objectOnly) return "not-call";
  if (!commit()) return "not-call";
  sink(text);
  return "ok";
}

function scannerFor(reader: ToolReader): JsonScanner {
  return new JsonScanner(reader.options.limits.depth);
}

/** Arguments written as a JSON string: when it holds an object, its decoded content is the arguments. */
function* stringArguments(
  reader: ToolReader,
  keys: JsonCallKeys,
  commit: () => boolean,
  sink: (text: string) => void,
): Task<CallOutcome> {
  const string = new StringArguments(keys.objectOnly === true, commit, sink, scannerFor(reader));
  const outcome = yield* reader.json((piece) => string.push(piece), scannerFor(reader));
  return string.refused ? "not-call" : outcome === "ok" ? string.end() : outcome;
}

/** Decides at the first decoded character whether a string holds an object, and forwards accordingly. */
class StringArguments {
  refused = false;
  readonly #objectOnly: boolean;
  readonly #commit: () => boolean;
  readonly #sink: (text: string) => void;
  readonly #inner: JsonScanner;
  readonly #decoder = new StringDecoder();
  #kind: "unknown" | "object" | "other" = "unknown";
  #source = "";
  #overrun = false;

  constructor(objectOnly: boolean, commit: () => boolean, sink: (text: string) => void, inner: JsonScanner) {
    this.#objectOnly = objectOnly;
    this.#commit = commit;
    this.#sink = sink;
    this.#inner = inner;
  }

  push(piece: string): void {
    const decoded = this.#decoder.push(piece);
    if (this.#kind === "unknown") {
      this.#source += piece;
      if (decoded === "") return;
      const object = decoded.startsWith("{");
      this.#decide(object ? "object" : "other");
      if (!object) this.#forward(this.#source);
    } else if (this.#kind === "other") {
      this.#forward(piece);
    }
    this.#unwrap(decoded);
  }

  /** Decoded text of an object inside the string. */
  #unwrap(decoded: string): void {
    if (this.#kind !== "object" || decoded === "") return;
    this.#overrun ||= this.#inner.run(decoded) < decoded.trimEnd().length;
    this.#forward(decoded);
  }

  end(): CallOutcome {
    const half = this.#decoder.end();
    this.#unwrap(half);
    if (this.#kind === "object") return this.#inner.status === "done" && !this.#overrun ? "ok" : "bad";
    if (this.#kind === "unknown") {
      this.#decide("other");
      this.#forward(this.#source);
    }
    return this.refused ? "not-call" : "ok";
  }

  #decide(kind: "object" | "other"): void {
    this.#kind = kind;
    this.refused = (kind === "other" && this.#objectOnly) || !this.#commit();
  }

  #forward(text: string): void {
    if (!this.refused) this.#sink(text);
  }
}

const simpleEscapes: Readonly<Record<string, string>> = { b: "\b", f: "\f", n: "\n", r: "\r", t: "\t" };

/** Decodes the source of a JSON string piece by piece; the source is known to be right. */
class StringDecoder {
  #started = false;
  #escape = "";
  /** Half a character, of which the other half may follow. */
  #half = "";

  push(source: string): string {
    let text = this.#half;
    this.#half = "";
    for (const char of source) {
      if (!this.#started) this.#started = true;
      else if (this.#escape !== "") text += this.#inEscape(char);
      else if (char === "\\") this.#escape = char;
      else if (char !== '"') text += char;
    }
    if (!/[\ud800-\udbff]$/.test(text)) return text;
    this.#half = text.slice(-1);
    return text.slice(0, -1);
  }

  /** A half whose other half never came. */
  end(): string {
    return this.#half;
  }

  #inEscape(char: string): string {
    this.#escape += char;
    const unicode = this.#escape[1] === "u";
    if (unicode && this.#escape.length < 6) return "";
    const whole = this.#escape;
    this.#escape = "";
    if (unicode) return String.fromCharCode(Number.parseInt(whole.slice(2), 16));
    return simpleEscapes[char] ?? char;
  }
}
