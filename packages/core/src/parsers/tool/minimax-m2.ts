// MiniMax M2: `<minimax:tool_call>` around `<invoke name="N"><parameter name="K">V</parameter></invoke>`.

import { inferScalarOrString } from "../coercion.ts";
import type { ToolFormat } from "../format.ts";
import { MarkerSet } from "../marker-set.ts";
import { argumentEntries, rawValue } from "../render.ts";
import { attributeHeader, TagCall, tagSection } from "../tags.ts";

const open = "<minimax:tool_call>";
const close = "</minimax:tool_call>";
const discard = ["[e~["];
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
    // Without a type only scalars are recognised: containers stay the text they are.
    value: () => ({
      space: "keep",
      convert: (raw, schema, rules) =>
        schema.types.size === 0 && rules.untyped === "infer" ? inferScalarOrString(raw) : undefined,
    }),
  }),
};

export const minimaxM2: ToolFormat = {
  name: "minimax_m2",
  aliases: { smg: ["minimax_m2"], vllm: ["minimax_m2"], sglang: ["minimax-m2"] },
  markers: [open, close],
  discard,
  rules: { smg: { htmlUnescape: true }, vllm: { stringWhitespace: "trim" } },
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
