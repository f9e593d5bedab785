// `text.format(…)`: replacement fields, with attribute and item access under the template's own rules.

import { escapeHtml } from "./escape.ts";
import { fault, typeFault } from "./fault.ts";
import { formatValue } from "./format-spec.ts";
import type { Output } from "./output.ts";
import { asciiRepr, repr, str } from "./repr.ts";
import type { Runtime } from "./runtime.ts";
import { isSafe, plain, type Str, slice } from "./text.ts";
import { dictGet, isDict, type Kwargs, typeName, type Value } from "./values.ts";

/** How fields like `{0.name[key]}` reach into values. */
export interface FieldAccess {
  attribute(rt: Runtime, object: Value, name: string): Value;
  item(rt: Runtime, object: Value, key: Value): Value;
}

class Fields {
  private readonly access: FieldAccess;
  private readonly rt: Runtime;
  private readonly args: readonly Value[];
  private readonly named: Kwargs | Value;
  private readonly safe: boolean;
  /** Next automatic number, or null once a number was written out. */
  private automatic: number | null | undefined;

  constructor(
    rt: Runtime,
    access: FieldAccess,
    args: readonly Value[],
    named: Kwargs | Value,
    safe: boolean,
  ) {
    this.rt = rt;
    this.access = access;
    this.args = args;
    this.named = named;
    this.safe = safe;
  }

  /** Writes `text` with its fields replaced. Format specifications may contain fields, those no further ones. */
  write(output: Output, text: Str, depth: number): void {
    if (depth < 0) fault("ValueError", "Max string recursion exceeded");
    const value = plain(text);
    let at = 0;
    for (;;) {
      const brace = nextBrace(value, at);
      output.write(slice(text, at, brace));
      if (brace === value.length) break;
      const character = value[brace]!;
      if (value[brace + 1] === character) {
        output.write(slice(text, brace, brace + 1));
        at = brace + 2;
      } else if (character === "}") {
        fault("ValueError", "Single '}' encountered in format string");
      } else at = this.field(output, text, brace + 1, depth);
    }
  }

  /** The field that starts at `start`; returns the offset behind it. */
  private field(output: Output, text: Str, start: number, depth: number): number {
    const value = plain(text);
    const end = fieldEnd(value, start);
    const match = /^((?:[^[\]!:{}]|\[[^\]]*\])*)(?:!([^:]*))?(?::([\s\S]*))?$/.exec(value.slice(start, end));
    if (match === null) return fault("ValueError", "expected ':' after conversion specifier");
    const [, name = "", conversion, spec = ""] = match;
    const item = this.convert(this.lookup(name), conversion);
    const specText = this.rt.output();
    this.write(specText, slice(text, end - spec.length, end), depth - 1);
    const formatted = formatValue(this.rt, item, plain(specText.take(false)));
    output.write(this.safe ? escapeHtml(formatted) : formatted);
    return end + 1;
  }

  private convert(value: Value, conversion: string | undefined): Value {
    switch (conversion) {
      case undefined:
        return value;
      case "s":
        return str(this.rt, value);
      case "r":
        return repr(this.rt, value);
      case "a":
        return asciiRepr(this.rt, value);
      case "":
        return fault("ValueError", "end of string while looking for conversion specifier");
      default:
        return fault("ValueError", `Unknown conversion specifier ${conversion}`);
    }
  }

  private lookup(name: string): Value {
    const first = /^[^.[]*/.exec(name)![0];
    let value = this.first(first);
    for (let rest = name.slice(first.length); rest !== ""; ) {
      const match = /^(?:\.([^.[]+)|\[([^\]]+)\])/.exec(rest);
      if (match === null) return fault("ValueError", "Empty attribute in format string");
      const [all, attribute, item] = match;
      if (attribute !== undefined) value = this.access.attribute(this.rt, value, attribute);
      else value = this.access.item(this.rt, value, /^\d+$/.test(item!) ? Number(item) : item!);
      rest = rest.slice(all.length);
    }
    return value;
  }

  private first(name: string): Value {
    if (name !== "" && !/^\d+$/.test(name)) return this.byName(name);
    const isAutomatic = name === "";
    if (this.automatic !== undefined && isAutomatic === (this.automatic === null)) {
      const [from, to] = isAutomatic
        ? ["manual field specification", "automatic field numbering"]
        : ["automatic field numbering", "manual field specification"];
      return fault("ValueError", `cannot switch from ${from} to ${to}`);
    }
    const index = isAutomatic ? (this.automatic ?? 0) : Number(name);
    this.automatic = isAutomatic ? index + 1 : null;
    if (index >= this.args.length) {
      return fault("IndexError", `Replacement index ${index} out of range for positional args tuple`);
    }
    return this.args[index]!;
  }

  private byName(name: string): Value {
    const named = this.named as Value;
    if (!isDict(named)) return typeFault(`'${typeName(named)}' object is not subscriptable`);
    const value = dictGet(named, name);
    return value === undefined ? fault("KeyError", `'${name}'`) : value;
  }
}

function nextBrace(value: string, from: number): number {
  const open = value.indexOf("{", from);
  const close = value.indexOf("}", from);
  if (open === -1 || close === -1) return Math.max(open, close) === -1 ? value.length : Math.max(open, close);
  return Math.min(open, close);
}

/** The offset of the brace that ends the field starting at `start`. */
function fieldEnd(value: string, start: number): number {
  let depth = 1;
  for (let at = start; at < value.length; at++) {
    if (value[at] === "{") depth++;
    else if (value[at] === "}" && --depth === 0) return at;
  }
  return start >= value.length
    ? fault("ValueError", "Single '{' encountered in format string")
    : fault("ValueError", "expected '}' before end of string");
}

/** `format.format(*args, **named)`; `named` may also be the dict of `format_map`. */
export function formatFields(
  rt: Runtime,
  access: FieldAccess,
  format: Str,
  args: readonly Value[],
  named: Kwargs | Value,
): Str {
  const output = rt.output();
  new Fields(rt, access, args, named, isSafe(format)).write(output, format, 2);
  return output.take(isSafe(format));
}
