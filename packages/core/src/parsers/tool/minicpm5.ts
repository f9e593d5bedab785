// MiniCPM 5: `<function name="N"><param name="K">V</param></function>`. A call must match a declared tool to be one.

import { isJsonText, parseJson, stringifyJson } from "../../json/index.ts";
import type { ToolFormat } from "../format.ts";
import { MarkerSet } from "../marker-set.ts";
import { applyAlias } from "../minicpm-aliases.ts";
import type { CallFault } from "../output-event.ts";
import { pythonToJson, strictPython } from "../python-value.ts";
import type { Task } from "../reader.ts";
import { argumentEntries, rawValue } from "../render.ts";
import { deref, isObject, propertyNames, propertySchema, schemaTypes } from "../schema.ts";
import type { ToolReader } from "../tool-reader.ts";

const discard = ["<|im_end|>", "</s>"];
// Some checkpoints lose the blank, or show it as the byte-level vocabulary does.
const open = ["<function name=", "<functionname=", "<functionĠname="];
const top = new MarkerSet([...open, ...discard]);
const close = new MarkerSet(["</function>"]);

export const minicpm5: ToolFormat = {
  name: "minicpm5",
  aliases: { vllm: ["minicpm5"], sglang: ["minicpm5"] },
  markers: ["<function", "</function>"],
  discard,
  commit: "closed",
  rules: { vllm: { dropTextWithCalls: true } },
  *read(reader) {
    while ((yield* reader.text(top)) !== undefined) yield* call(reader);
  },
  render: (calls) =>
    calls
      .map((item) => {
        const params = argumentEntries(item.arguments).map(
          ([key, json]) => `<param name="${key}">${cdata(rawValue(json))}</param>`,
        );
        return `<function name="${item.name}">${params.join("")}</function>`;
      })
      .join("\n"),
};

const cdata = (text: string) => (/[<>&]/.test(text) ? `<![CDATA[${text}]]>` : text);

function* call(reader: ToolReader): Task {
  reader.openCall();
  const { text, marker } = yield* reader.textUntil(close);
  if (marker === undefined) {
    reader.fail("truncated");
    return;
  }
  const read = readBlock(text.replaceAll("Ġ", " ").replaceAll("Ċ", "\n"), reader);
  if (typeof read === "string") {
    reader.fail(read);
  } else if (reader.commit(read.name)) {
    const members = [...read.members].map(([key, json]) => `${JSON.stringify(key)}:${json}`);
    reader.args(`{${members.join(",")}}`);
    reader.complete();
  } else {
    reader.fail("missing-name");
  }
}

interface Block {
  readonly name: string;
  readonly members: ReadonlyMap<string, string>;
}

const head = /^\s*(?:"([^"]*)"|'([^']*)')\s*>/;
const param = /\s*<param\s*name=(?:"([^"]*)"|'([^']*)')\s*>([\s\S]*?)<\/param>/y;

/** The call in a block, or why the block is text. */
function readBlock(source: string, reader: ToolReader): Block | CallFault {
  const header = head.exec(source);
  const emitted = header?.[1] ?? header?.[2];
  if (header === null || emitted === undefined) return "missing-name";
  const raw = new Map<string, string>();
  let at = header[0].length;
  param.lastIndex = at;
  for (let match = param.exec(source); match !== null; match = param.exec(source)) {
    const key = match[1] ?? match[2] ?? "";
    if (raw.has(key)) return "schema";
    raw.set(key, unwrapCdata(match[3] ?? ""));
    at = param.lastIndex;
  }
  if (source.slice(at).trim() !== "") return "bad-syntax";
  return typed(emitted, raw, reader);
}

function unwrapCdata(text: string): string {
  const trimmed = text.trim();
  return trimmed.startsWith("<![CDATA[") && trimmed.endsWith("]]>") ? trimmed.slice(9, -3).trim() : trimmed;
}

function typed(emitted: string, raw: ReadonlyMap<string, string>, reader: ToolReader): Block | CallFault {
  const { name, values } = declaredTool(emitted, raw, reader);
  if (name === undefined) return "unknown-tool";
  const schema = reader.tool(name)?.parameters;
  const members = typedMembers(values, schema);
  if (members === undefined) return "schema";
  const object = deref(schema, schema);
  const required = isObject(object) && Array.isArray(object["required"]) ? object["required"] : [];
  return required.every((key) => members.has(String(key))) ? { name, members } : "schema";
}

/** The declared tool that the emitted name means; undefined when there is none. */
function declaredTool(
  emitted: string,
  raw: ReadonlyMap<string, string>,
  reader: ToolReader,
): { name: string | undefined; values: ReadonlyMap<string, string> } {
  if (!reader.hasTools || reader.tool(emitted) !== undefined) return { name: emitted, values: raw };
  const alias = reader.options.minicpmAliases ? applyAlias(emitted, raw, reader) : undefined;
  return alias ?? { name: undefined, values: raw };
}

/** The values as JSON; parameters that the tool does not declare are dropped. Undefined: a wrapper is wrong. */
function typedMembers(values: ReadonlyMap<string, string>, schema: unknown): Map<string, string> | undefined {
  const members = new Map<string, string>();
  const declared = propertyNames(schema);
  for (const [key, text] of values) {
    if (declared === undefined || declared.includes(key)) {
      members.set(key, convert(text, propertySchema(schema, key), schema));
    } else if (key === "properties" || key === "arguments") {
      const inner = wrapperMembers(text, declared);
      if (inner === "schema") return undefined;
      for (const [innerKey, json] of inner) members.set(innerKey, json);
    }
  }
  return members;
}

/** The arguments inside a wrapper parameter: an object with at least one known key. */
function wrapperMembers(text: string, declared: readonly string[]): Map<string, string> | "schema" {
  const json = isJsonText(text) ? text : pythonToJson(text, strictPython);
  const value = json === undefined ? undefined : parseJson(json);
  if (!(value instanceof Map)) return "schema";
  const known = [...value].filter(([key]) => declared.includes(key));
  if (known.length === 0) return "schema";
  return new Map(known.map(([key, member]) => [key, stringifyJson(member)]));
}

function convert(text: string, schema: unknown, root: unknown): string {
  const types = schemaTypes(schema, root);
  if (types.size === 1 && types.has("string")) return JSON.stringify(text);
  if (isJsonText(text)) return text;
  return pythonToJson(text, strictPython) ?? JSON.stringify(text);
}
