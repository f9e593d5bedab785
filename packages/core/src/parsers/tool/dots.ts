// dots: `<dots_function_call>` around invokes with parameters, or with a JSON object as their body.

import type { ToolFormat } from "../format.ts";
import { MarkerSet } from "../marker-set.ts";
import { argumentEntries, rawValue } from "../render.ts";
import { attributeHeader, TagCall, tagSection } from "../tags.ts";

const open = "<dots_function_call>";
const close = "</dots_function_call>";
const discard = ["<|endofassistant|>"];
const top = new MarkerSet([open, ...discard]);
const syntax = {
  open: new MarkerSet(["<invoke", close]),
  close: new MarkerSet([close]),
  call: new TagCall({
    call: ["<invoke"],
    callClose: ["</invoke>"],
    parameter: ["<parameter"],
    parameterClose: ["</parameter>"],
    outerClose: [close],
    header: attributeHeader,
    jsonBody: true,
    value: () => ({
      space: "trim",
      convert: (raw, schema) => (schema.types.size === 0 ? untyped(raw) : undefined),
    }),
  }),
};

/** Without a type a value is a string, except for null. */
const untyped = (raw: string) => (raw === "null" ? "null" : JSON.stringify(raw));

export const dots: ToolFormat = {
  name: "dots",
  aliases: { sglang: ["dots"] },
  markers: [open, close],
  discard,
  *read(reader) {
    while ((yield* reader.text(top)) !== undefined) yield* tagSection(reader, syntax, [close]);
  },
  render: (calls) => {
    const texts = calls.map((call) => {
      const parameters = argumentEntries(call.arguments).map(
        ([key, json]) => `<parameter name="${key}">${rawValue(json)}</parameter>\n`,
      );
      return `<invoke name="${call.name}">\n${parameters.join("")}</invoke>\n`;
    });
    return `${open}\n${texts.join("")}${close}`;
  },
};
