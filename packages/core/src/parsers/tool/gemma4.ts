// Gemma 4: `<|tool_call>call:NAME{K:V,…}<tool_call|>`; strings stand between `<|"|>` tokens.

import { type JsonValue, parseJson, stringifyJson } from "../../json/index.ts";
import { coerce, infer, valueSchema } from "../coercion.ts";
import type { ToolFormat } from "../format.ts";
import { jsonInner } from "../json-text.ts";
import { MarkerSet } from "../marker-set.ts";
import type { Outcome, Task } from "../reader.ts";
import { argumentEntries } from "../render.ts";
import { deref, isObject, propertySchema } from "../schema.ts";
import type { ToolReader } from "../tool-reader.ts";

const open = "<|tool_call>";
const close = "<tool_call|>";
const quoteMark = '<|"|>';
const discard = ["<turn|>", "<end_of_turn>", "<|tool_response>"];
const top = new MarkerSet([open, ...discard]);
const prefix = new MarkerSet(["call:"]);
const quotes = new MarkerSet([quoteMark]);
const closer = new MarkerSet([close]);
const bareEnd = new MarkerSet([",", "}", "]", quoteMark, close]);
const keyEnd = new MarkerSet([":", close]);
const maxDepth = 128;

type Sink = (json: string) => void;

export const gemma4: ToolFormat = {
  name: "gemma4",
  aliases: { vllm: ["gemma4"], sglang: ["gemma4"] },
  markers: [open, close, quoteMark],
  discard,
  rules: { all: { onTruncated: "keep" }, vllm: { textTrim: true, afterText: "drop", untyped: "infer" } },
  *read(reader) {
    while ((yield* reader.text(top)) !== undefined) yield* call(reader);
  },
  render: (calls) =>
    calls
      .map((item) => {
        const members = argumentEntries(item.arguments).map(
          ([key, json]) => `${key}:${value(parseJson(json))}`,
        );
        return `${open}call:${item.name}{${members.join(",")}}${close}`;
      })
      .join(""),
};

function value(json: JsonValue): string {
  if (typeof json === "string") return `${quoteMark}${json}${quoteMark}`;
  if (Array.isArray(json)) return `[${json.map(value).join(",")}]`;
  if (json instanceof Map) return `{${[...json].map(([key, item]) => `${key}:${value(item)}`).join(",")}}`;
  return stringifyJson(json);
}

function* call(reader: ToolReader): Task {
  reader.openCall();
  yield* reader.space();
  if ((yield* reader.at(prefix)) === undefined) {
    reader.fail((yield* reader.peek()) === -1 ? "truncated" : "bad-syntax");
    return;
  }
  const name = yield* reader.while((code) => code !== 123 && code !== 60 && code !== 10);
  const code = yield* reader.peek();
  if (code !== 123) {
    reader.fail(code === -1 ? "truncated" : "bad-syntax");
    return;
  }
  if (!reader.commit(name)) {
    reader.fail("missing-name");
    return;
  }
  const schema = reader.tool(name.trim())?.parameters;
  const outcome = yield* new GemmaValue(reader, schema).object(schema, (json) => reader.args(json), 0);
  yield* finish(reader, outcome);
}

function* finish(reader: ToolReader, outcome: Outcome): Task {
  if (outcome === "ok") {
    yield* reader.space();
    if ((yield* reader.at(closer)) !== undefined || (yield* reader.peek()) === -1) {
      reader.complete();
      return;
    }
  }
  if (outcome !== "end") yield* reader.until(closer);
  reader.fail(outcome === "end" ? "truncated" : outcome === "deep" ? "limit" : "bad-syntax");
}

/** Reads values; what the end of the output leaves open is closed, so that the arguments are JSON all the same. */
class GemmaValue {
  readonly #reader: ToolReader;
  readonly #root: unknown;

  constructor(reader: ToolReader, root: unknown) {
    this.#reader = reader;
    this.#root = root;
  }

  *object(schema: unknown, sink: Sink, depth: number): Task<Outcome> {
    const reader = this.#reader;
    if (depth > maxDepth) return "deep";
    reader.take(1);
    sink("{");
    let outcome: Outcome = "end";
    for (let first = true; ; first = false) {
      yield* reader.space();
      const code = yield* reader.peek();
      if (code === 125) {
        reader.take(1);
        outcome = "ok";
      }
      if (code === 125 || code === -1) break;
      const key = yield* this.#key();
      if (key === undefined) {
        outcome = (yield* reader.peek()) === -1 ? "end" : "bad";
        break;
      }
      sink(`${first ? "" : ","}${JSON.stringify(key)}:`);
      outcome = yield* this.#value(propertySchema(schema, key, this.#root), sink, depth + 1);
      if (outcome !== "ok") break;
      outcome = yield* this.#comma(125);
      if (outcome !== "ok") break;
      outcome = "end";
    }
    if (outcome === "ok" || outcome === "end") sink("}");
    return outcome;
  }

  *#array(schema: unknown, sink: Sink, depth: number): Task<Outcome> {
    const reader = this.#reader;
    if (depth > maxDepth) return "deep";
    const array = deref(schema, this.#root);
    const items = isObject(array) ? array["items"] : undefined;
    reader.take(1);
    sink("[");
    let outcome: Outcome = "end";
    for (let first = true; ; first = false) {
      yield* reader.space();
      const code = yield* reader.peek();
      if (code === 93) {
        reader.take(1);
        outcome = "ok";
      }
      if (code === 93 || code === -1) break;
      if (!first) sink(",");
      outcome = yield* this.#value(items, sink, depth + 1);
      if (outcome !== "ok") break;
      outcome = yield* this.#comma(93);
      if (outcome !== "ok") break;
      outcome = "end";
    }
    if (outcome === "ok" || outcome === "end") sink("]");
    return outcome;
  }

  /** A comma (consumed) or the closing bracket (left): `ok`. */
  *#comma(close: number): Task<Outcome> {
    yield* this.#reader.space();
    const code = yield* this.#reader.peek();
    if (code === 44) this.#reader.take(1);
    else if (code === -1) return "end";
    return code === 44 || code === close ? "ok" : "bad";
  }

  *#key(): Task<string | undefined> {
    const reader = this.#reader;
    if ((yield* reader.at(quotes)) !== undefined) {
      const quoted = yield* reader.textUntil(quotes);
      return quoted.marker !== undefined && (yield* this.#colon()) ? quoted.text : undefined;
    }
    if ((yield* reader.peek()) === 34) {
      const key = yield* reader.jsonString();
      return key !== undefined && (yield* this.#colon()) ? key : undefined;
    }
    const bare = yield* reader.textUntil(keyEnd);
    if (bare.marker === close) reader.input.untake(close.length);
    // A key alone at the end of the output is no member yet.
    return bare.marker === ":" && (yield* this.#valueFollows()) ? bare.text.trim() : undefined;
  }

  *#colon(): Task<boolean> {
    yield* this.#reader.space();
    if ((yield* this.#reader.peek()) !== 58) return false;
    this.#reader.take(1);
    return yield* this.#valueFollows();
  }

  *#valueFollows(): Task<boolean> {
    yield* this.#reader.space();
    return (yield* this.#reader.peek()) !== -1;
  }

  *#value(schema: unknown, sink: Sink, depth: number): Task<Outcome> {
    const reader = this.#reader;
    if ((yield* reader.at(quotes)) !== undefined) return yield* this.#string(sink);
    const code = yield* reader.peek();
    if (code === 123) return yield* this.object(schema, sink, depth);
    if (code === 91) return yield* this.#array(schema, sink, depth);
    const bare = yield* reader.textUntil(bareEnd);
    if (bare.marker !== undefined) reader.input.untake(bare.marker.length);
    if (bare.marker === quoteMark) return "bad";
    const types = valueSchema(schema, this.#root, reader.rules);
    sink(types.types.size === 0 ? infer(bare.text.trim()) : coerce(bare.text.trim(), types, reader.rules));
    return bare.marker === undefined || bare.marker === close ? "end" : "ok";
  }

  *#string(sink: Sink): Task<Outcome> {
    sink('"');
    const marker = yield* this.#reader.until(quotes, (text) => sink(jsonInner(text)));
    sink('"');
    return marker === undefined ? "end" : "ok";
  }
}
