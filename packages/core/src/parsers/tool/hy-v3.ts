// Hunyuan 3: GLM's pairs inside an outer section; the tags may all carry one suffix, read from the first of them.

import type { ToolFormat } from "../format.ts";
import { KeyValueCall } from "../key-value.ts";
import { MarkerSet } from "../marker-set.ts";
import type { Task } from "../reader.ts";
import { argumentEntries, rawValue } from "../render.ts";
import type { ToolReader } from "../tool-reader.ts";

const discard = ["<|hy_eos|>"];
const top = new MarkerSet(["<tool_calls", ...discard]);
const maxSuffix = 64;

interface Tags {
  readonly call: KeyValueCall;
  readonly next: MarkerSet;
  readonly close: string;
}

const plain = tagsWith("");

function tagsWith(suffix: string): Tags {
  const tag = (name: string) => [`<${name}${suffix}>`];
  return {
    call: new KeyValueCall({
      keyOpen: tag("arg_key"),
      keyClose: tag("/arg_key"),
      valueOpen: tag("arg_value"),
      valueClose: tag("/arg_value"),
      separator: tag("tool_sep"),
      close: tag("/tool_call"),
    }),
    next: new MarkerSet([...tag("tool_call"), ...tag("/tool_calls")]),
    close: `</tool_calls${suffix}>`,
  };
}

export const hyV3: ToolFormat = {
  name: "hy_v3",
  aliases: { vllm: ["hy_v3"] },
  markers: ["<tool_calls>", "</tool_calls>", "<tool_call>", "</tool_call>", "<tool_sep>"],
  discard,
  rules: { all: { coercion: "default", untyped: "infer", stringWhitespace: "preserve" } },
  *read(reader) {
    while ((yield* reader.text(top)) !== undefined) yield* section(reader);
  },
  render: (calls) => {
    const texts = calls.map((call) => {
      const pairs = argumentEntries(call.arguments).map(
        ([key, json]) => `<arg_key>${key}</arg_key>\n<arg_value>${rawValue(json)}</arg_value>\n`,
      );
      return `<tool_call>${call.name}<tool_sep>\n${pairs.join("")}</tool_call>\n`;
    });
    return `<tool_calls>\n${texts.join("")}</tool_calls>`;
  },
};

const isSuffix = (code: number) => code !== 62 && code !== 60 && code > 32;

function* section(reader: ToolReader): Task {
  const suffix = yield* reader.while(isSuffix);
  if ((yield* reader.peek()) !== 62 || suffix.length > maxSuffix) return;
  reader.take(1);
  const tags = suffix === "" ? plain : tagsWith(suffix);
  reader.openSection();
  for (;;) {
    const marker = yield* reader.noiseUntil(tags.next);
    if (marker === undefined || marker === tags.close) {
      reader.closeSection(marker !== undefined);
      return;
    }
    reader.openCall();
    yield* tags.call.read(reader);
  }
}
