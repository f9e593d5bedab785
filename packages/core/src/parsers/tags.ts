// Calls written as tags: `<invoke name="N"><parameter name="K">V</parameter></invoke>`, `<function=N><parameter=K>…`.
// Tags are literals plus a header up to `>`; a value is raw text up to its closing tag.

import { isJsonText } from "../json/index.ts";
import { ArgumentsWriter, type ValueOptions } from "./arguments-writer.ts";
import { coerce, valueSchema } from "./coercion.ts";
import { MarkerSet } from "./marker-set.ts";
import type { CallFault } from "./output-event.ts";
import { isSpace, type Task } from "./reader.ts";
import { propertyNames, propertySchema } from "./schema.ts";
import type { ToolReader } from "./tool-reader.ts";

/** A tag's header: its name or key, and other attributes. */
export interface TagHeader {
  readonly name: string;
  readonly attributes: ReadonlyMap<string, string>;
}

/** Reads the rest of an opening tag up to and including `>`. Undefined: it is wrong or unfinished. */
export type HeaderReader = (reader: ToolReader) => Task<TagHeader | undefined>;

export interface TagSyntax {
  /** Opening tags up to their headers. */
  readonly call: readonly string[];
  readonly callClose: readonly string[];
  readonly parameter: readonly string[];
  readonly parameterClose: readonly string[];
  readonly header: HeaderReader;
  /** Tags that end a call whose own closing tag is missing; not consumed. */
  readonly outerClose?: readonly string[];
  readonly value: (header: TagHeader) => ValueOptions;
  /** A body that is a JSON object is the arguments. */
  readonly jsonBody?: boolean;
  /** Tokens that cut the output off inside a value. */
  readonly cut?: readonly string[];
  /** vLLM: the output may end between parameters, and another call inside a call ends it. */
  readonly openEnd?: boolean;
  /** A single parameter of this name that the tool does not have wraps the arguments. */
  readonly wrappers?: readonly string[];
}

const LESS = 60;
/** The parameter was all there was, and its closing tags are read. */
const WRAPPED = "wrapped";
type ParameterEnd = CallFault | typeof WRAPPED | undefined;
const none: ReadonlyMap<string, string> = new Map();

/** `NAME>`: everything up to `>`, which must come before a newline or `<`. */
export function* plainHeader(reader: ToolReader): Task<TagHeader | undefined> {
  // SMG takes everything up to `>` for the name.
  const smg = reader.rules.dialect === "smg";
  const name = yield* reader.while((code) => code !== 62 && (smg || (code !== LESS && code !== 10)));
  if ((yield* reader.peek()) !== 62) return undefined;
  reader.take(1);
  return { name: unquote(name.trim()), attributes: none };
}

function unquote(name: string): string {
  const quote = name[0];
  return name.length > 1 && (quote === '"' || quote === "'") && name.endsWith(quote)
    ? name.slice(1, -1)
    : name;
}

/** ` name="N" string="true">`: attributes in any order, quoted or not. */
export function* attributeHeader(reader: ToolReader): Task<TagHeader | undefined> {
  const attributes = new Map<string, string>();
  for (;;) {
    yield* reader.space();
    const code = yield* reader.peek();
    if (code === 62) break;
    if (code === -1 || code === LESS) return undefined;
    const key = yield* reader.while((char) => char !== 61 && char !== 62 && char !== LESS && !isSpace(char));
    if (key === "" || (yield* reader.peek()) !== 61) return undefined;
    reader.take(1);
    const value = yield* attributeValue(reader);
    if (value === undefined) return undefined;
    attributes.set(key, value);
  }
  reader.take(1);
  const name = attributes.get("name");
  return name === undefined ? undefined : { name, attributes };
}

function* attributeValue(reader: ToolReader): Task<string | undefined> {
  const quote = yield* reader.peek();
  if (quote !== 34 && quote !== 39) return yield* reader.while((code) => code !== 62 && !isSpace(code));
  reader.take(1);
  const text = yield* reader.while((code) => code !== quote);
  if ((yield* reader.peek()) !== quote) return undefined;
  reader.take(1);
  return text;
}

/** Reads calls of one syntax. The opening literal is captured and the call is open. */
export class TagCall {
  readonly #syntax: TagSyntax;
  readonly #inside: MarkerSet;
  readonly #insideOrCall: MarkerSet;
  readonly #value: MarkerSet;
  readonly #strictValue: MarkerSet;
  readonly #close: MarkerSet;
  readonly #leave: readonly string[];

  constructor(syntax: TagSyntax) {
    this.#syntax = syntax;
    const outer = syntax.outerClose ?? [];
    this.#inside = new MarkerSet([...syntax.parameter, ...syntax.callClose, ...outer]);
    this.#insideOrCall = this.#inside.with(syntax.call);
    const cut = syntax.cut ?? [];
    this.#strictValue = new MarkerSet([...syntax.parameterClose, ...syntax.callClose, ...cut]);
    this.#leave = [...syntax.parameter, ...syntax.callClose];
    this.#value = new MarkerSet([...syntax.parameterClose, ...this.#leave, ...cut]);
    this.#close = new MarkerSet([...syntax.callClose, ...outer]);
  }

  /** The call is complete or gave a fault; the closing tag was consumed, `complete` or `fail` are the caller's. */
  *read(reader: ToolReader): Task<CallFault | undefined> {
    const header = yield* this.#syntax.header(reader);
    if (header === undefined) return (yield* reader.peek()) === -1 ? "truncated" : "bad-syntax";
    if (header.name.trim() === "") return "missing-name";
    return yield* this.body(reader, new ArgumentsWriter(reader, header.name));
  }

  /** Skips to the end of a broken call. */
  *skip(reader: ToolReader): Task {
    const outer = this.#syntax.outerClose ?? [];
    const marker = yield* reader.until(this.#close);
    if (marker !== undefined && outer.includes(marker)) reader.input.untake(marker.length);
  }

  *body(reader: ToolReader, writer: ArgumentsWriter): Task<CallFault | undefined> {
    if (this.#syntax.jsonBody) {
      const space = yield* reader.space();
      if ((yield* reader.peek()) === 123) return yield* this.#jsonBody(reader, writer);
      if (space === "" && (yield* reader.peek()) === -1) return "truncated";
    }
    const open = this.#syntax.openEnd === true && reader.rules.dialect === "vllm";
    return yield* this.#parameters(reader, writer, open);
  }

  *#parameters(reader: ToolReader, writer: ArgumentsWriter, open: boolean): Task<CallFault | undefined> {
    for (;;) {
      const marker = yield* reader.until(open ? this.#insideOrCall : this.#inside);
      if (marker === undefined) return open && !writer.empty && writer.end() ? undefined : "truncated";
      if (!this.#syntax.parameter.includes(marker)) return this.#end(reader, writer, marker);
      const fault = yield* this.#parameter(reader, writer);
      if (fault === WRAPPED) return undefined;
      if (fault !== undefined) return fault;
      if (!writer.usable) return "missing-name";
    }
  }

  #end(reader: ToolReader, writer: ArgumentsWriter, marker: string): CallFault | undefined {
    const outer = this.#syntax.outerClose?.includes(marker) || this.#syntax.call.includes(marker);
    if (outer) reader.input.untake(marker.length);
    return writer.end() ? undefined : "missing-name";
  }

  *#parameter(reader: ToolReader, writer: ArgumentsWriter): Task<ParameterEnd> {
    const header = yield* this.#syntax.header(reader);
    if (header === undefined) return (yield* reader.peek()) === -1 ? "truncated" : "bad-syntax";
    const lenient = reader.rules.dialect !== "smg";
    // A missing closing tag ends the value at the next tag; SMG reads on, and loses a value that has none.
    const set = lenient ? this.#value : this.#strictValue;
    const options = { ...this.#syntax.value(header), cut: this.#syntax.cut ?? [] };
    const key = header.name.trim();
    if (writer.empty && this.#wraps(reader, writer, key)) {
      return yield* this.#wrapper(reader, writer, key, options);
    }
    const lost = lenient ? [] : this.#syntax.callClose;
    const marker = yield* writer.value(key, set, { ...options, lost });
    if (marker === undefined) return "truncated";
    if (this.#leave.includes(marker) || lost.includes(marker)) reader.input.untake(marker.length);
    return undefined;
  }

  #wraps(reader: ToolReader, writer: ArgumentsWriter, key: string): boolean {
    const { dialect } = reader.rules;
    if (dialect === "smg" || dialect === "sglang" || !this.#syntax.wrappers?.includes(key)) return false;
    return propertyNames(writer.schema)?.includes(key) === false;
  }

  /** A parameter that may be all arguments in one: known only when nothing follows it. */
  *#wrapper(
    reader: ToolReader,
    writer: ArgumentsWriter,
    key: string,
    options: ValueOptions,
  ): Task<ParameterEnd> {
    const { text, marker } = yield* reader.textUntil(this.#value);
    if (marker === undefined) return "truncated";
    if (this.#leave.includes(marker)) reader.input.untake(marker.length);
    yield* reader.space();
    const end = yield* reader.sees(this.#close);
    const json = text.trim();
    if (end !== undefined && json.startsWith("{") && isJsonText(json)) {
      reader.emit.diagnostic("unwrapped-arguments", key);
      yield* reader.at(this.#close);
      if (this.#syntax.outerClose?.includes(end)) reader.input.untake(end.length);
      return writer.object(json) ? WRAPPED : "missing-name";
    }
    const schema = valueSchema(propertySchema(writer.schema, key), writer.schema, reader.rules);
    const value =
      options.type === "string"
        ? JSON.stringify(text)
        : (options.convert?.(text, schema, reader.rules) ?? coerce(text, schema, reader.rules));
    writer.member(key, value);
    return undefined;
  }

  /** A body in braces: JSON, or something else that makes a call without arguments. */
  *#jsonBody(reader: ToolReader, writer: ArgumentsWriter): Task<CallFault | undefined> {
    const { text, marker } = yield* reader.textUntil(this.#close);
    if (marker === undefined) return "truncated";
    if (this.#syntax.outerClose?.includes(marker)) reader.input.untake(marker.length);
    const json = text.trim();
    const usable = isJsonText(json) && reader.rules.dialect !== "vllm";
    return writer.object(usable ? json : "{}") ? undefined : "missing-name";
  }
}

export interface TagSectionSyntax {
  readonly call: TagCall;
  readonly open: MarkerSet;
  readonly close: MarkerSet;
  /** Text between an opening tag and the call itself, e.g. a type. */
  readonly before?: (reader: ToolReader) => Task<CallFault | undefined>;
  readonly after?: (reader: ToolReader) => Task;
}

/** Reads the section whose opener is captured: calls until its closing tag. */
export function* tagSection(reader: ToolReader, syntax: TagSectionSyntax, closers: readonly string[]): Task {
  reader.openSection();
  for (;;) {
    const marker = yield* reader.noiseUntil(syntax.open);
    if (marker === undefined) {
      reader.closeSection(false);
      return;
    }
    if (closers.includes(marker)) {
      reader.closeSection(true);
      return;
    }
    reader.openCall();
    const early = syntax.before === undefined ? undefined : yield* syntax.before(reader);
    const fault = early ?? (yield* syntax.call.read(reader));
    if (fault === undefined) {
      if (syntax.after !== undefined) yield* syntax.after(reader);
      reader.complete();
    } else {
      if (fault !== "truncated") yield* syntax.call.skip(reader);
      reader.fail(fault);
    }
  }
}
