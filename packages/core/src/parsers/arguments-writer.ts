// Builds the arguments object of formats that write keys and values: announces the call at the first key, streams
// strings while they are read, and converts everything else when it is complete.

import { coerce, isString, unescapeEntities, type ValueSchema, valueSchema } from "./coercion.ts";
import { jsonInner } from "./json-text.ts";
import type { MarkerSet } from "./marker-set.ts";
import type { Task } from "./reader.ts";
import type { Rules } from "./rules.ts";
import { propertySchema } from "./schema.ts";
import type { ToolReader } from "./tool-reader.ts";

/** White space around a string: kept, removed, or exactly one newline at either end removed. */
export type StringSpace = "keep" | "trim" | "newline";

export interface ValueOptions {
  readonly space: StringSpace;
  /** What the format itself says about the type. */
  readonly type?: "string" | "json";
  /** Markers that end the value so wrongly that it does not count. */
  readonly lost?: readonly string[];
  /** Replaces the conversion of values that are not strings. */
  readonly convert?: (raw: string, schema: ValueSchema, rules: Rules) => string | undefined;
  /** Tokens that cut the output off inside the value. */
  readonly cut?: readonly string[];
}

export class ArgumentsWriter {
  readonly #reader: ToolReader;
  readonly #name: string;
  readonly #nativeId: string | undefined;
  readonly #keys = new Set<string>();
  /** False: the name is unusable. */
  usable = true;

  constructor(reader: ToolReader, name: string, nativeId?: string) {
    this.#reader = reader;
    this.#name = name.trim();
    this.#nativeId = nativeId;
  }

  get schema(): unknown {
    return this.#reader.tool(this.#name)?.parameters;
  }

  has(key: string): boolean {
    return this.#keys.has(key);
  }

  get empty(): boolean {
    return this.#keys.size === 0;
  }

  /** Starts a member. */
  key(key: string): void {
    if (!this.#announced()) return;
    this.#reader.args(`${this.#keys.size === 0 ? "{" : ","}${JSON.stringify(key)}:`);
    this.#keys.add(key);
  }

  /** JSON of the current member. */
  json(text: string): void {
    if (this.usable) this.#reader.args(text);
  }

  /** A whole member. */
  member(key: string, json: string): void {
    this.key(key);
    this.json(json);
  }

  /** Ends the object. False: the call could not be announced. */
  end(): boolean {
    if (!this.#announced()) return false;
    this.#reader.args(this.#keys.size === 0 ? "{}" : "}");
    return true;
  }

  /** The whole object in one piece. */
  object(json: string): boolean {
    if (!this.#announced()) return false;
    this.#reader.args(json);
    return true;
  }

  /**
   * Reads the value of member `key` up to a marker of `set`, which is captured and returned. Undefined: the output
   * ended inside the value.
   */
  *value(key: string, set: MarkerSet, options: ValueOptions): Task<string | undefined> {
    const reader = this.#reader;
    const { rules } = reader;
    const root = this.schema;
    const schema = valueSchema(propertySchema(root, key), root, rules);
    const string = options.type === "string" || (options.type === undefined && isString(schema, rules));
    const space = rules.stringWhitespace === "trim" ? "trim" : options.space;
    if (string && !rules.htmlUnescape) {
      this.key(key);
      return cutOff(yield* this.#string(set, space), options);
    }
    const { text, marker } = yield* reader.textUntil(set);
    if (marker === undefined || options.lost?.includes(marker)) return marker;
    this.key(key);
    const raw = trimString(rules.htmlUnescape ? unescapeEntities(text) : text, space);
    if (string) this.json(JSON.stringify(raw));
    else this.json(options.convert?.(raw, schema, rules) ?? coerce(raw, schema, rules));
    return cutOff(marker, options);
  }

  #announced(): boolean {
    if (!this.#reader.committed && this.usable) this.usable = this.#reader.commit(this.#name, this.#nativeId);
    return this.usable;
  }

  *#string(set: MarkerSet, space: StringSpace): Task<string | undefined> {
    const trimmer = new StringTrimmer(space);
    this.json('"');
    const marker = yield* this.#reader.until(set, (piece) => {
      const text = trimmer.push(piece);
      if (text !== "") this.json(jsonInner(text));
    });
    if (marker !== undefined) this.json(`${jsonInner(trimmer.end())}"`);
    return marker;
  }
}

function cutOff(marker: string | undefined, options: ValueOptions): string | undefined {
  return marker !== undefined && options.cut?.includes(marker) ? undefined : marker;
}

export function trimString(text: string, space: StringSpace): string {
  if (space === "keep") return text;
  return space === "trim" ? text.trim() : text.replace(/^\r?\n/, "").replace(/\r?\n$/, "");
}

/** `trimString`, piece by piece: what may turn out to be the end is held back. */
export class StringTrimmer {
  readonly #space: StringSpace;
  #started = false;
  #held = "";

  constructor(space: StringSpace) {
    this.#space = space;
  }

  push(piece: string): string {
    if (this.#space === "keep") return piece;
    const text = this.#start(this.#held + piece);
    if (text === undefined) return "";
    const end = this.#space === "trim" ? text.trimEnd().length : newlineStart(text);
    this.#held = text.slice(end);
    return text.slice(0, end);
  }

  /** What was held back and is part of the string after all: a carriage return that no newline followed. */
  end(): string {
    return this.#space === "newline" && this.#held === "\r" ? "\r" : "";
  }

  /** Drops what is cut off at the start; undefined while that cannot be told. */
  #start(text: string): string | undefined {
    if (this.#started) return text;
    this.#held = text;
    if (this.#space === "trim") {
      const rest = text.trimStart();
      if (rest === "") return undefined;
      this.#started = true;
      return rest;
    }
    if (text === "" || text === "\r") return undefined;
    this.#started = true;
    return text.replace(/^\r?\n/, "");
  }
}

/** Where the newline that may be the last character of a string begins. */
function newlineStart(text: string): number {
  if (text.endsWith("\r\n")) return text.length - 2;
  return text.endsWith("\n") || text.endsWith("\r") ? text.length - 1 : text.length;
}
