// Recognises a model's formats by its name: the longest pattern inside the name decides. The first table is SMG's,
// kept exactly; the second are our additions, not used in its dialect.

import type { Dialect } from "./rules.ts";

interface Found {
  readonly parser: string;
  readonly evidence: string;
}

const smgTools: readonly (readonly [parser: string, patterns: readonly string[]])[] = [
  [
    "json",
    ["gpt-4", "gpt-3.5", "gpt-4o", "claude-", "gemini-", "palm-", "gemma-", "llama-", "meta-llama-", "glm-"],
  ],
  ["mistral", ["mistral-", "mixtral-"]],
  ["hermes", ["qwen"]],
  ["qwen3_coder", ["Qwen3.5", "Qwen/Qwen3.5", "Qwen3-Coder", "Qwen/Qwen3-Coder"]],
  ["pythonic", ["llama-4", "meta-llama-4", "deepseek-"]],
  ["llama3_json", ["llama-3.2", "meta-llama-3.2"]],
  ["deepseek_v3", ["deepseek-v3", "deepseek-ai/DeepSeek-V3"]],
  [
    "deepseek_v31",
    ["deepseek-v3.1", "deepseek-ai/DeepSeek-V3.1", "deepseek-v3.2-exp", "deepseek-ai/DeepSeek-V3.2-Exp"],
  ],
  ["deepseek_v32", ["deepseek-v3.2", "deepseek-ai/DeepSeek-V3.2"]],
  ["deepseek_v4", ["deepseek-v4", "deepseek-ai/DeepSeek-V4"]],
  ["glm45", ["glm-4.5", "glm-4.6"]],
  ["glm47", ["glm-4.7", "glm-5"]],
  ["sarashina", ["sarashina"]],
  ["step3", ["step3", "Step-3"]],
  ["kimi_k2", ["kimi-k2"]],
  ["kimi_k3", ["kimi-k3", "kimi_k3"]],
  ["inkling", ["inkling"]],
  ["minimax_m2", ["minimax"]],
  ["cohere", ["command-r", "command-r-plus", "command-a", "c4ai-command", "cohere", "CohereForAI"]],
];

const ownTools: readonly (readonly [parser: string, patterns: readonly string[]])[] = [
  ["deepseek_v3", ["deepseek-r1"]],
  ["harmony", ["gpt-oss"]],
  ["minimax_m3", ["minimax-m3"]],
  ["gemma4", ["gemma-4"]],
  ["functiongemma", ["functiongemma"]],
  ["llama3_json", ["llama-3.1", "llama-3.3"]],
  ["granite4", ["granite-4"]],
  ["granite", ["granite-3"]],
  ["granite-20b-fc", ["granite-20b-functioncalling"]],
  ["internlm", ["internlm", "intern-s1"]],
  ["jamba", ["jamba"]],
  ["hunyuan_a13b", ["hunyuan-a13b"]],
  ["xlam", ["xlam"]],
  ["phi4_mini_json", ["phi-4-mini"]],
  ["ernie45", ["ernie-4.5"]],
  ["gigachat3", ["gigachat3"]],
  ["apertus", ["apertus"]],
  ["minicpm5", ["minicpm5"]],
  ["seed_oss", ["seed-oss"]],
  ["step3p5", ["step-3.5", "step3p5"]],
  ["lfm2", ["lfm2"]],
  ["olmo3", ["olmo-3"]],
  ["longcat", ["longcat"]],
  ["qwen3_coder", ["mimo"]],
  ["hermes", ["nemotron", "hermes"]],
  ["poolside_v1", ["laguna"]],
  ["glm47", ["ling-3"]],
  ["solar_open2", ["solar-open2"]],
];

/** First pattern inside the name decides; SMG's order. */
const smgReasoning: readonly (readonly [pattern: string, parser: string])[] = [
  ["deepseek-r1", "deepseek_r1"],
  ["deepseek-v3.1", "deepseek_v31"],
  ["deepseek-v3-1", "deepseek_v31"],
  ["qwen3-thinking", "qwen3_thinking"],
  ["qwen-thinking", "qwen3_thinking"],
  ["qwen3", "qwen3"],
  ["qwen", "qwen3"],
  ["glm45", "glm45"],
  ["glm47", "glm45"],
  ["glm-5", "glm45"],
  ["kimi-k2-thinking", "kimi_thinking"],
  ["kimi-k2.5", "kimi_k25"],
  ["kimi-k3", "kimi_k3"],
  ["kimi_k3", "kimi_k3"],
  ["kimi", "kimi"],
  ["step3", "step3"],
  ["minimax", "minimax"],
  ["minimax-m2", "minimax"],
  ["mm-m2", "minimax"],
  ["command-r", "cohere_cmd"],
  ["command-a", "cohere_cmd"],
  ["c4ai-command", "cohere_cmd"],
  ["cohere", "cohere_cmd"],
  ["nemotron-nano", "nano_v3"],
  ["nemotron-super", "nano_v3"],
  ["nano-v3", "nano_v3"],
  ["inkling", "inkling"],
];

const ownReasoning: readonly (readonly [pattern: string, parser: string])[] = [
  ["minimax-m3", "minimax_m3"],
  ["glm-4.5", "glm45"],
  ["glm-4.6", "glm45"],
  ["glm-4.7", "glm45"],
  ["gpt-oss", "harmony"],
  ["magistral", "mistral"],
];

/** The tool-call format of a model name: the longest pattern wins. */
export function modelToolParser(model: string, dialect: Dialect = "tokenwire"): Found | undefined {
  const name = model.toLowerCase();
  let best: Found | undefined;
  for (const [parser, patterns] of dialect === "smg" ? smgTools : [...smgTools, ...ownTools]) {
    for (const pattern of patterns) {
      const longer = best === undefined || pattern.length > best.evidence.length;
      if (longer && name.includes(pattern.toLowerCase())) best = { parser, evidence: pattern };
    }
  }
  return best;
}

/** The reasoning format of a model name: the first pattern wins. */
export function modelReasoningParser(model: string, dialect: Dialect = "tokenwire"): Found | undefined {
  const name = model.toLowerCase();
  if (dialect !== "smg") {
    if (name.includes("qwen3") && name.includes("thinking")) {
      return { parser: "qwen3_thinking", evidence: "qwen3…thinking" };
    }
    const own = firstInside(name, ownReasoning);
    if (own !== undefined) return own;
  }
  return firstInside(name, smgReasoning);
}

function firstInside(
  name: string,
  patterns: readonly (readonly [pattern: string, parser: string])[],
): Found | undefined {
  for (const [pattern, parser] of patterns) if (name.includes(pattern)) return { parser, evidence: pattern };
  return undefined;
}
