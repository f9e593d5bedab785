// Every format, one line each. Order is the order of the lists shown to users.

import type { Tokenizer } from "../tokenizer/index.ts";
import type { RenderableCall, ToolFormat } from "./format.ts";
import { hasSpecialMarkers } from "./marker-pieces.ts";
import { NameTable } from "./names.ts";
import { apertus2509 } from "./reasoning/apertus.ts";
import { minimaxM2AppendThink } from "./reasoning/append-think.ts";
import { base, thinkAuto } from "./reasoning/base.ts";
import { cohereCmd } from "./reasoning/cohere.ts";
import { ernie45Reasoning } from "./reasoning/ernie45.ts";
import { gemma4Reasoning } from "./reasoning/gemma4.ts";
import { graniteReasoning } from "./reasoning/granite.ts";
import { harmonyReasoning } from "./reasoning/harmony.ts";
import { hunyuanA13bReasoning } from "./reasoning/hunyuan-a13b.ts";
import { inklingReasoning } from "./reasoning/inkling.ts";
import { kimiK3Reasoning } from "./reasoning/kimi-k3.ts";
import { passthroughReasoning } from "./reasoning/passthrough.ts";
import { thinkTagFormats } from "./reasoning/think-tags.ts";
import type { ReasoningFormat } from "./reasoning-format.ts";
import type { Dialect } from "./rules.ts";
import { apertus } from "./tool/apertus.ts";
import { cohere } from "./tool/cohere.ts";
import { deepseekV4, deepseekV32 } from "./tool/deepseek-dsml.ts";
import { deepseekV3, deepseekV31 } from "./tool/deepseek-v3.ts";
import { dots } from "./tool/dots.ts";
import { ernie45 } from "./tool/ernie45.ts";
import { functiongemma } from "./tool/functiongemma.ts";
import { gemma4 } from "./tool/gemma4.ts";
import { gigachat3 } from "./tool/gigachat3.ts";
import { glm45, glm47, poolsideV1 } from "./tool/glm.ts";
import { granite } from "./tool/granite.ts";
import { granite20b } from "./tool/granite-20b.ts";
import { granite4 } from "./tool/granite4.ts";
import { harmony } from "./tool/harmony.ts";
import { hermes } from "./tool/hermes.ts";
import { hunyuanA13b } from "./tool/hunyuan-a13b.ts";
import { hyV3 } from "./tool/hy-v3.ts";
import { inkling } from "./tool/inkling.ts";
import { internlm } from "./tool/internlm.ts";
import { jamba } from "./tool/jamba.ts";
import { json } from "./tool/json.ts";
import { jsonArray } from "./tool/json-array.ts";
import { k2Horizon } from "./tool/k2-horizon.ts";
import { kimiK2 } from "./tool/kimi-k2.ts";
import { kimiK3 } from "./tool/kimi-k3.ts";
import { lfm2 } from "./tool/lfm2.ts";
import { llama3Json } from "./tool/llama3-json.ts";
import { longcat } from "./tool/longcat.ts";
import { minicpm5 } from "./tool/minicpm5.ts";
import { minimaxM2 } from "./tool/minimax-m2.ts";
import { minimaxM3 } from "./tool/minimax-m3.ts";
import { mistral } from "./tool/mistral.ts";
import { muse } from "./tool/muse.ts";
import { olmo3 } from "./tool/olmo3.ts";
import { passthrough } from "./tool/passthrough.ts";
import { phi4MiniJson } from "./tool/phi4-mini-json.ts";
import { llama4Pythonic, pythonic } from "./tool/pythonic.ts";
import { qwen3Coder } from "./tool/qwen3-coder.ts";
import { sarashina } from "./tool/sarashina.ts";
import { seedOss } from "./tool/seed-oss.ts";
import { solarOpen2 } from "./tool/solar-open2.ts";
import { step3 } from "./tool/step3.ts";
import { step3p5 } from "./tool/step3p5.ts";
import { xlam } from "./tool/xlam.ts";

const toolFormats: readonly ToolFormat[] = [
  passthrough,
  json,
  jsonArray,
  hermes,
  longcat,
  mistral,
  llama3Json,
  pythonic,
  llama4Pythonic,
  olmo3,
  lfm2,
  deepseekV3,
  deepseekV31,
  deepseekV32,
  deepseekV4,
  glm45,
  glm47,
  poolsideV1,
  qwen3Coder,
  step3p5,
  seedOss,
  step3,
  kimiK2,
  kimiK3,
  minimaxM2,
  minimaxM3,
  cohere,
  inkling,
  sarashina,
  harmony,
  granite,
  granite4,
  granite20b,
  hunyuanA13b,
  jamba,
  hyV3,
  internlm,
  xlam,
  phi4MiniJson,
  ernie45,
  gigachat3,
  functiongemma,
  gemma4,
  apertus,
  minicpm5,
  solarOpen2,
  dots,
  k2Horizon,
  muse,
];

const reasoningFormats: readonly ReasoningFormat[] = [
  passthroughReasoning,
  base,
  thinkAuto,
  ...thinkTagFormats,
  kimiK3Reasoning,
  minimaxM2AppendThink,
  cohereCmd,
  inklingReasoning,
  harmonyReasoning,
  gemma4Reasoning,
  graniteReasoning,
  hunyuanA13bReasoning,
  ernie45Reasoning,
  apertus2509,
];

const toolTable = new NameTable<ToolFormat>("tool-call", toolFormats);
const reasoningTable = new NameTable<ReasoningFormat>("reasoning", reasoningFormats);

/** Canonical names of all tool-call formats. */
export function listToolParsers(): string[] {
  return toolTable.list();
}

/** Canonical names of all reasoning formats. */
export function listReasoningParsers(): string[] {
  return reasoningTable.list();
}

/** True for any name or alias of a tool-call format. */
export function hasToolParser(name: string, dialect?: Dialect): boolean {
  return toolTable.find(name, dialect) !== undefined;
}

/** True for any name or alias of a reasoning format. */
export function hasReasoningParser(name: string, dialect?: Dialect): boolean {
  return reasoningTable.find(name, dialect) !== undefined;
}

/**
 * Writes calls as a model with this format does: the inverse of parsing, for tests and scripted engines.
 *
 * @throws TokenwireError UNKNOWN_PARSER
 * @example renderToolCalls("pythonic", [{ name: "f", arguments: '{"a": 1}' }]) // "[f(a=1)]"
 */
export function renderToolCalls(name: string, calls: readonly RenderableCall[]): string {
  return toolTable.get(name).render(calls);
}

/**
 * True when a marker of the formats is a special token of the tokenizer: the engine must then not strip special tokens
 * from what it returns.
 */
export function requiresSpecialTokens(
  formats: { readonly tool?: string | undefined; readonly reasoning?: string | undefined },
  tokenizer: Tokenizer,
): boolean {
  const tool = formats.tool === undefined ? [] : toolTable.get(formats.tool).markers;
  const reasoning = formats.reasoning === undefined ? [] : reasoningTable.get(formats.reasoning).markers;
  return hasSpecialMarkers([...tool, ...reasoning], tokenizer);
}

/** @throws TokenwireError UNKNOWN_PARSER */
export function getToolFormat(name: string, dialect?: Dialect): ToolFormat {
  return toolTable.get(name, dialect);
}

/** @throws TokenwireError UNKNOWN_PARSER */
export function getReasoningFormat(name: string, dialect?: Dialect): ReasoningFormat {
  return reasoningTable.get(name, dialect);
}
