// Reasoning between tags, as data: one row per format. What differs is the tag, what else ends the reasoning, and
// where an output starts.

import type { ReasoningFormat, Start } from "../reasoning-format.ts";
import type { Dialect } from "../rules.ts";
import { type BlockSyntax, readBlocks } from "./blocks.ts";

const think: BlockSyntax = { open: ["<think>"], close: ["</think>"] };
const chatSwitch: Start = { unless: ["enable_thinking", "thinking"] };
const optIn: Start = { if: ["enable_thinking", "thinking"] };

export interface ThinkTagRow extends Partial<BlockSyntax> {
  readonly aliases?: ReasoningFormat["aliases"];
  readonly start: Start;
  readonly starts?: Partial<Record<Dialect, Start>>;
  readonly excludedTokens?: readonly string[];
}

/**
 * A reasoning format between two tags.
 *
 * @example createOutputParser({ reasoning: thinkTagFormat("mine", { open: ["<r>"], close: ["</r>"], start: "content" }) })
 */
export function thinkTagFormat(name: string, row: ThinkTagRow): ReasoningFormat {
  const { aliases = {}, start, starts, excludedTokens, ...changes } = row;
  const syntax = { ...think, ...changes };
  return {
    name,
    aliases,
    start,
    open: syntax.open,
    close: syntax.close,
    markers: [...syntax.open, ...syntax.close, ...(syntax.implicitEnd ?? [])],
    read: readBlocks(syntax),
    ...(starts === undefined ? {} : { starts }),
    ...(excludedTokens === undefined ? {} : { excludedTokens }),
  };
}

const qwenExcluded = ["<tool_call>", "</tool_call>", "<|im_end|>", "<|endoftext|>"];

export const thinkTagFormats: readonly ReasoningFormat[] = [
  thinkTagFormat("deepseek_r1", {
    aliases: { smg: ["deepseek_r1"], vllm: ["deepseek_r1"], sglang: ["deepseek-r1"] },
    start: "reasoning",
    starts: { vllm: chatSwitch },
  }),
  thinkTagFormat("qwen3_thinking", {
    aliases: { smg: ["qwen3_thinking", "qwen_thinking"], sglang: ["qwen3-thinking"] },
    start: "reasoning",
  }),
  thinkTagFormat("qwen3", {
    aliases: { smg: ["qwen3"], vllm: ["qwen3", "mimo"], sglang: ["qwen3", "mimo", "interns1"] },
    implicitEnd: ["<tool_call>"],
    start: optIn,
    starts: { vllm: chatSwitch, sglang: chatSwitch },
    excludedTokens: qwenExcluded,
  }),
  thinkTagFormat("glm45", {
    aliases: { smg: ["glm45"], vllm: ["glm45", "glm47", "holo2"], sglang: ["glm45"] },
    implicitEnd: ["<tool_call>"],
    start: optIn,
    starts: { vllm: "content", sglang: chatSwitch },
    excludedTokens: [...qwenExcluded, "<eop>", "<|user|>"],
  }),
  thinkTagFormat("deepseek_v31", {
    aliases: {
      smg: ["deepseek_v31"],
      vllm: ["deepseek_v3", "deepseek_v4"],
      sglang: ["deepseek-v3", "deepseek-v4"],
    },
    start: { if: ["thinking"] },
  }),
  thinkTagFormat("nano_v3", {
    aliases: { smg: ["nano_v3"], vllm: ["nemotron_v3"], sglang: ["nemotron_3"] },
    start: optIn,
    starts: { vllm: chatSwitch, sglang: chatSwitch },
  }),
  thinkTagFormat("kimi_thinking", { aliases: { smg: ["kimi_thinking"] }, start: "reasoning" }),
  thinkTagFormat("kimi_k25", { aliases: { smg: ["kimi_k25"] }, start: optIn }),
  thinkTagFormat("kimi_k2", {
    aliases: { vllm: ["kimi_k2"], sglang: ["kimi_k2"] },
    implicitEnd: ["<|tool_calls_section_begin|>", "<|tool_call_section_begin|>"],
    start: "reasoning",
    starts: { vllm: chatSwitch, sglang: chatSwitch },
    excludedTokens: ["<|tool_calls_section_begin|>", "<|tool_calls_section_end|>", "<|tool_call_begin|>"],
  }),
  thinkTagFormat("kimi", {
    aliases: { smg: ["kimi"], sglang: ["kimi"] },
    open: ["◁think▷"],
    close: ["◁/think▷"],
    start: "content",
  }),
  thinkTagFormat("step3", {
    aliases: { smg: ["step3"], vllm: ["step3"], sglang: ["step3"] },
    keepOpener: ["vllm"],
    start: "reasoning",
  }),
  thinkTagFormat("step3p5", { aliases: { vllm: ["step3p5"], sglang: ["step3p5"] }, start: "reasoning" }),
  thinkTagFormat("minimax", {
    aliases: { smg: ["minimax"], vllm: ["minimax_m2"], sglang: ["minimax"] },
    start: "reasoning",
  }),
  thinkTagFormat("minimax_m3", {
    aliases: { vllm: ["minimax_m3"], sglang: ["minimax-m3"] },
    open: ["<mm:think>"],
    close: ["</mm:think>"],
    leadingClose: "drop",
    start: { if: ["thinking_mode"], value: "enabled" },
  }),
  thinkTagFormat("mistral", {
    aliases: { vllm: ["mistral"], sglang: ["mistral"] },
    open: ["[THINK]"],
    close: ["[/THINK]"],
    strayClose: "drop",
    start: "content",
  }),
  thinkTagFormat("hy_v3", { aliases: { vllm: ["hy_v3"] }, start: optIn, starts: { vllm: chatSwitch } }),
  thinkTagFormat("olmo3", { aliases: { vllm: ["olmo3"] }, start: "reasoning" }),
  thinkTagFormat("seed_oss", {
    aliases: { vllm: ["seed_oss"] },
    open: ["<seed:think>"],
    close: ["</seed:think>"],
    start: "reasoning",
    starts: { vllm: chatSwitch },
  }),
  thinkTagFormat("poolside_v1", {
    aliases: { vllm: ["poolside_v1"], sglang: ["poolside_v1"] },
    start: { if: ["enable_thinking"] },
  }),
  thinkTagFormat("solar_open2", {
    aliases: { vllm: ["solar_open2"] },
    start: optIn,
    starts: { vllm: chatSwitch },
  }),
  thinkTagFormat("telechat4", {
    aliases: { sglang: ["telechat4"] },
    start: optIn,
    starts: { sglang: chatSwitch },
  }),
];
