// DeepSeek V3.2 and V4: invokes with typed parameters in the `｜DSML｜` namespace. The versions differ in the outer tag.

import { isJsonText } from "../../json/index.ts";
import type { ValueOptions } from "../arguments-writer.ts";
import type { ToolFormat } from "../format.ts";
import { MarkerSet } from "../marker-set.ts";
import { argumentEntries, rawValue } from "../render.ts";
import type { RuleChanges } from "../rules.ts";
import { attributeHeader, TagCall, type TagHeader, tagSection } from "../tags.ts";

const eos = "<｜end▁of▁sentence｜>";

/** `string="true"`: as it stands. `string="false"`: JSON if it is JSON, else by schema. */
function valueOptions(header: TagHeader): ValueOptions {
  const string = header.attributes.get("string");
  if (string === "true") return { space: "keep", type: "string" };
  if (string !== "false") return { space: "keep" };
  return {
    space: "keep",
    convert: (raw, _schema, rules) => {
      if (rules.dialect === "vllm") return undefined;
      const json = raw.trim();
      if (isJsonText(json)) return json;
      return rules.dialect === "smg" ? JSON.stringify(raw) : undefined;
    },
  };
}

const rules: RuleChanges = {
  smg: { wholeTextWithoutCalls: false, emptySection: "drop", stringWhitespace: "preserve" },
};

function dsml(name: string, tag: string, aliases: ToolFormat["aliases"]): ToolFormat {
  const open = `<｜DSML｜${tag}>`;
  const close = `</｜DSML｜${tag}>`;
  const discard = [eos];
  const top = new MarkerSet([open, ...discard]);
  const syntax = {
    open: new MarkerSet(["<｜DSML｜invoke", close]),
    close: new MarkerSet([close]),
    call: new TagCall({
      call: ["<｜DSML｜invoke"],
      callClose: ["</｜DSML｜invoke>"],
      parameter: ["<｜DSML｜parameter"],
      parameterClose: ["</｜DSML｜parameter>"],
      outerClose: [close],
      header: attributeHeader,
      jsonBody: true,
      cut: [eos],
      wrappers: ["arguments", "input"],
      value: valueOptions,
    }),
  };
  return {
    name,
    aliases,
    markers: [open, close],
    discard,
    rules,
    *read(reader) {
      while ((yield* reader.text(top)) !== undefined) yield* tagSection(reader, syntax, [close]);
    },
    render: (calls) => {
      const texts = calls.map((call) => {
        const parameters = argumentEntries(call.arguments).map(([key, json]) => {
          const string = json.startsWith('"');
          return `<｜DSML｜parameter name="${key}" string="${string}">${rawValue(json)}</｜DSML｜parameter>\n`;
        });
        return `<｜DSML｜invoke name="${call.name}">\n${parameters.join("")}</｜DSML｜invoke>\n`;
      });
      return `${open}\n${texts.join("")}${close}`;
    },
  };
}

export const deepseekV32: ToolFormat = dsml("deepseek_v32", "function_calls", {
  smg: ["deepseek32"],
  vllm: ["deepseek_v32"],
  sglang: ["deepseekv32"],
});

export const deepseekV4: ToolFormat = dsml("deepseek_v4", "tool_calls", {
  smg: ["deepseek_v4"],
  vllm: ["deepseek_v4"],
  sglang: ["deepseekv4"],
});
