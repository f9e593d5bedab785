// GLM 4.5 to 5: `<tool_call>NAME`, then `<arg_key>`/`<arg_value>` pairs. 4.5 writes a newline after the name.

import type { RenderableCall, ToolFormat } from "../format.ts";
import type { KeyValueSyntax } from "../key-value.ts";
import { KeyValueCall } from "../key-value.ts";
import { MarkerSet } from "../marker-set.ts";
import { argumentEntries, rawValue } from "../render.ts";

const open = "<tool_call>";
const close = "</tool_call>";
const discard = ["<|observation|>", "<|user|>", "<|endoftext|>"];
const markers = [open, close, "<arg_key>", "</arg_key>", "<arg_value>", "</arg_value>"];
const top = new MarkerSet([open, ...discard]);

export const glmPairs: KeyValueSyntax = {
  keyOpen: ["<arg_key>"],
  keyClose: ["</arg_key>"],
  valueOpen: ["<arg_value>"],
  valueClose: ["</arg_value>"],
  close: [close],
};

export function readGlm(syntax: KeyValueSyntax): ToolFormat["read"] {
  const call = new KeyValueCall(syntax);
  return function* read(reader) {
    while ((yield* reader.text(top)) !== undefined) {
      reader.openCall();
      yield* call.read(reader);
    }
  };
}

export function renderGlm(newline: string): (calls: readonly RenderableCall[]) => string {
  return (calls) =>
    calls
      .map((call) => {
        const pairs = argumentEntries(call.arguments).map(
          ([key, json]) =>
            `<arg_key>${key}</arg_key>${newline}<arg_value>${rawValue(json)}</arg_value>${newline}`,
        );
        return `${open}${call.name}${newline}${pairs.join("")}${close}`;
      })
      .join("\n");
}

export const glm45: ToolFormat = {
  name: "glm45",
  aliases: { smg: ["glm45_moe"], vllm: ["glm45"], sglang: ["glm45", "glm"] },
  markers,
  discard,
  rules: { smg: { stringWhitespace: "trim" }, vllm: { textTrim: true } },
  read: readGlm({
    ...glmPairs,
    // SMG tells the two surfaces apart by this newline.
    nameEnd: (reader, after) => reader.rules.dialect !== "smg" || after.includes("\n"),
  }),
  render: renderGlm("\n"),
};

export const glm47: ToolFormat = {
  name: "glm47",
  aliases: { smg: ["glm47_moe"], vllm: ["glm47"], sglang: ["glm47", "ling3", "spark25"] },
  markers,
  discard,
  rules: { smg: { stringWhitespace: "trim" }, vllm: { textTrim: true } },
  read: readGlm(glmPairs),
  render: renderGlm(""),
};

export const poolsideV1: ToolFormat = {
  name: "poolside_v1",
  aliases: { vllm: ["poolside_v1"], sglang: ["poolside_v1"] },
  markers,
  discard,
  rules: { all: { coercion: "default", untyped: "infer", stringWhitespace: "preserve" } },
  read: readGlm(glmPairs),
  render: renderGlm("\n"),
};
