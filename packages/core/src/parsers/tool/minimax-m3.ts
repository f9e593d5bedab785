// MiniMax M3: nested XML whose every tag carries a prefix. Arguments are a tree, so they come out when it is complete.

import { type JsonValue, parseJson, stringifyJson } from "../../json/index.ts";
import { coerce, valueSchema } from "../coercion.ts";
import type { ToolFormat } from "../format.ts";
import { MarkerSet } from "../marker-set.ts";
import type { Task } from "../reader.ts";
import type { Rules } from "../rules.ts";
import { deref, isObject, propertySchema } from "../schema.ts";
import type { ToolReader } from "../tool-reader.ts";

const prefix = "]<]minimax[>[";
const discard = ["[e~["];
const top = new MarkerSet([prefix, ...discard]);
const prefixes = new MarkerSet([prefix]);
const maxDepth = 128;

interface Tag {
  readonly name: string;
  readonly close: boolean;
  readonly header: string;
}

/** An element: its text, or its children. */
interface Node {
  readonly name: string;
  text: string;
  readonly children: Node[];
}

export const minimaxM3: ToolFormat = {
  name: "minimax_m3",
  aliases: { vllm: ["minimax_m3"], sglang: ["minimax-m3"] },
  markers: [prefix],
  discard,
  rules: { all: { afterText: "keep", untyped: "infer", coercion: "default" } },
  *read(reader) {
    while ((yield* reader.text(top)) !== undefined) {
      const tag = yield* readTag(reader);
      if (tag?.name === "tool_call" && !tag.close) yield* section(reader);
    }
  },
  render: (calls) => {
    const texts = calls.map((call) => {
      const json = parseJson(call.arguments);
      const body = json instanceof Map ? [...json].map(([key, value]) => element(key, value)).join("") : "";
      return `${prefix}<invoke name="${call.name}">${body}${prefix}</invoke>\n`;
    });
    return `${prefix}<tool_call>\n${texts.join("")}${prefix}</tool_call>`;
  },
};

function element(key: string, value: JsonValue): string {
  let body: string;
  if (Array.isArray(value)) body = value.map((item) => element("item", item)).join("");
  else if (value instanceof Map) body = [...value].map(([name, item]) => element(name, item)).join("");
  else body = typeof value === "string" ? value : stringifyJson(value);
  return `${prefix}<${key}>${body}${prefix}</${key}>`;
}

/** The tag behind a prefix, consumed; undefined when there is none. */
function* readTag(reader: ToolReader): Task<Tag | undefined> {
  yield* reader.space();
  if ((yield* reader.peek()) !== 60) return undefined;
  reader.take(1);
  const text = yield* reader.while((code) => code !== 62 && code !== 60 && code !== 93);
  if ((yield* reader.peek()) !== 62) return undefined;
  reader.take(1);
  const close = text.startsWith("/");
  const body = (close ? text.slice(1) : text).trim();
  const cut = body.search(/\s/);
  return cut < 0
    ? { name: body, close, header: "" }
    : { name: body.slice(0, cut), close, header: body.slice(cut) };
}

function* section(reader: ToolReader): Task {
  reader.openSection();
  for (;;) {
    // White space before an invoke goes with it: a broken invoke is text together with what stands before it.
    const marker = yield* reader.until(prefixes);
    if (marker === undefined) break;
    const tag = yield* readTag(reader);
    if (tag?.close && tag.name === "tool_call") {
      reader.closeSection(true);
      return;
    }
    const name = tag?.name === "invoke" && !tag.close ? invokeName(tag.header) : undefined;
    reader.openCall();
    if (name === undefined || !(yield* invoke(reader, name))) {
      const { emit, input } = reader;
      emit.diagnostic("bad-syntax", input.captured);
      input.unclamp();
      if (reader.sectionCalls === 0 && reader.rules.dialect !== "vllm") break;
      // What follows a broken invoke is text, even inside the section.
      const rest = input.release();
      reader.dropSection();
      emit.text(rest);
      return;
    }
  }
  reader.closeSection(false);
}

function invokeName(header: string): string | undefined {
  return /name\s*=\s*(?:"([^"]*)"|'([^']*)'|(\S+))/
    .exec(header)
    ?.slice(1)
    .find((name) => name !== undefined);
}

/** Reads the elements of an invoke; true: the call is out. */
function* invoke(reader: ToolReader, name: string): Task<boolean> {
  const root: Node = { name: "invoke", text: "", children: [] };
  const stack: Node[] = [root];
  for (;;) {
    const { text, marker } = yield* reader.textUntil(prefixes);
    const node = stack[stack.length - 1] ?? root;
    node.text += text;
    const tag = marker === undefined ? undefined : yield* readTag(reader);
    if (tag === undefined || stack.length > maxDepth) return false;
    if (!tag.close) {
      const child: Node = { name: tag.name, text: "", children: [] };
      node.children.push(child);
      stack.push(child);
      continue;
    }
    if (tag.name !== node.name) return false;
    stack.pop();
    if (stack.length === 0) break;
  }
  if (!reader.commit(name)) return false;
  const schema = reader.tool(name.trim())?.parameters;
  reader.args(objectJson(root, schema, schema, reader.rules));
  reader.complete();
  return true;
}

function objectJson(node: Node, schema: unknown, root: unknown, rules: Rules): string {
  const members = new Map<string, Node[]>();
  for (const child of node.children) {
    const same = members.get(child.name);
    if (same === undefined) members.set(child.name, [child]);
    else same.push(child);
  }
  const texts = [...members].map(([key, nodes]) => {
    const property = propertySchema(schema, key, root);
    const [only] = nodes;
    const value =
      nodes.length === 1 && only !== undefined
        ? nodeJson(only, property, root, rules)
        : arrayJson(nodes, property, root, rules);
    return `${JSON.stringify(key)}:${value}`;
  });
  return `{${texts.join(",")}}`;
}

function nodeJson(node: Node, schema: unknown, root: unknown, rules: Rules): string {
  const own = valueSchema(schema, root, rules);
  if (node.children.length > 0) {
    const list = own.types.has("array") || node.children.every((child) => child.name === "item");
    return list ? arrayJson(node.children, schema, root, rules) : objectJson(node, schema, root, rules);
  }
  if (own.types.has("null") && /^(?:null|Null|NULL)?$/.test(node.text.trim())) return "null";
  if (own.types.size === 1 && own.types.has("array") && node.text.trim() === "") return "[]";
  if (own.types.size === 1 && own.types.has("object") && node.text.trim() === "") return "{}";
  if (own.types.has("boolean") && !own.types.has("string")) {
    const text = node.text.trim().toLowerCase();
    if (["true", "1", "yes", "on"].includes(text)) return "true";
    if (["false", "0", "no", "off"].includes(text)) return "false";
  }
  return coerce(node.text, own, rules);
}

function arrayJson(nodes: readonly Node[], schema: unknown, root: unknown, rules: Rules): string {
  const array = deref(schema, root);
  const fixed = isObject(array) && Array.isArray(array["prefixItems"]) ? array["prefixItems"] : [];
  const rest = isObject(array) ? (array["items"] ?? array["additionalItems"]) : undefined;
  return `[${nodes.map((node, index) => nodeJson(node, fixed[index] ?? rest, root, rules)).join(",")}]`;
}
