// Calls written as Python: `[f(a=1), g()]`. Arguments come out as JSON while they are being read.

import { ArgumentsWriter } from "./arguments-writer.ts";
import { type CallOutcome, faultOf } from "./json-call.ts";
import { comma, isWord, isWordStart, type PythonDialect, pythonValue } from "./python-value.ts";
import type { Outcome, Task } from "./reader.ts";
import type { ToolReader } from "./tool-reader.ts";

export interface PythonCallDialect extends PythonDialect {
  /** Names may contain dots. */
  readonly dotted: boolean;
  readonly emptyList: boolean;
}

export const lenientCalls: PythonCallDialect = {
  bareWords: true,
  signed: true,
  dotted: true,
  emptyList: false,
};
export const vllmCalls: PythonCallDialect = {
  bareWords: false,
  signed: false,
  dotted: true,
  emptyList: false,
};
export const smgCalls: PythonCallDialect = { bareWords: true, signed: true, dotted: false, emptyList: false };

/** The dialect that the rules ask for. */
export function pythonDialect(reader: ToolReader): PythonCallDialect {
  const { dialect } = reader.rules;
  if (dialect === "vllm") return vllmCalls;
  return dialect === "smg" ? smgCalls : lenientCalls;
}

/** Reads the list whose `[` stands here; a section must be open. */
export function* pythonList(reader: ToolReader, dialect: PythonCallDialect): Task<Outcome> {
  const candidate = reader.candidate;
  reader.take(1);
  for (let first = true; ; first = false) {
    yield* reader.space();
    const code = yield* reader.peek();
    if (code === -1) return "end";
    if (code === 93) {
      if (first && !dialect.emptyList) return "bad";
      break;
    }
    reader.sectionNoise();
    reader.candidate = candidate && first;
    const outcome = yield* pythonCallUnit(reader, dialect);
    if (outcome !== "ok") return outcome;
    const more = yield* comma(reader, 93);
    if (more === "bad" || more === "end") return more;
    if (more === "close") break;
  }
  reader.take(1);
  return "ok";
}

/** One call, opened and completed. */
export function* pythonCallUnit(reader: ToolReader, dialect: PythonCallDialect): Task<Outcome> {
  const { limits } = reader.options;
  reader.openCall(reader.candidate ? limits.bareCandidate : limits.callLength);
  const outcome = yield* pythonCall(reader, dialect);
  if (outcome === "ok") {
    reader.complete();
    return "ok";
  }
  reader.fail(outcome === "bad" || outcome === "not-call" ? "bad-syntax" : faultOf(outcome));
  return outcome === "not-call" ? "bad" : outcome;
}

function* pythonCall(reader: ToolReader, dialect: PythonCallDialect): Task<CallOutcome> {
  const name = yield* callName(reader, dialect.dotted);
  if (name === undefined) return (yield* reader.peek()) === -1 ? "end" : "bad";
  const writer = new ArgumentsWriter(reader, name);
  for (;;) {
    yield* reader.space();
    if ((yield* reader.peek()) === 41) break;
    const outcome = yield* keyword(reader, writer, dialect);
    if (outcome !== "ok") return outcome;
    const more = yield* comma(reader, 41);
    if (more === "bad" || more === "end") return more;
    if (more === "close") break;
  }
  reader.take(1);
  return writer.end() ? "ok" : "not-call";
}

/** `name(`, consumed; undefined when that is not what stands here. */
function* callName(reader: ToolReader, dotted: boolean): Task<string | undefined> {
  if (!isWordStart(yield* reader.peek())) return undefined;
  const name = yield* reader.while((code) => isWord(code) || (dotted && code === 46));
  if (name.endsWith(".") || name.includes("..") || name.length > reader.options.limits.nameLength)
    return undefined;
  yield* reader.space();
  if ((yield* reader.peek()) !== 40) return undefined;
  reader.take(1);
  return name;
}

function* keyword(reader: ToolReader, writer: ArgumentsWriter, dialect: PythonDialect): Task<CallOutcome> {
  const code = yield* reader.peek();
  if (!isWordStart(code)) return code === -1 ? "end" : "bad";
  const key = yield* reader.while(isWord);
  yield* reader.space();
  const equals = yield* reader.peek();
  if (equals !== 61) return equals === -1 ? "end" : "bad";
  reader.take(1);
  yield* reader.space();
  const start = yield* reader.peek();
  if (start === -1) return "end";
  if (start === 61) return "bad";
  writer.key(key);
  if (!writer.usable) return "not-call";
  return yield* pythonValue(reader, (json) => writer.json(json), dialect);
}
