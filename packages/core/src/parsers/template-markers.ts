// Recognises a model's formats by what its chat template writes. The order settles templates that mention several
// markers, such as a system prompt that explains another format.

interface Found {
  readonly parser: string;
  readonly evidence: string;
}

type Decide = string | ((template: string) => string);

const toolMarkers: readonly (readonly [marker: string, parser: Decide])[] = [
  ["<longcat_tool_call>", "longcat"],
  ["<｜tool▁calls▁begin｜>", (template) => (template.includes("```json") ? "deepseek_v3" : "deepseek_v31")],
  ["<｜DSML｜function_calls>", "deepseek_v32"],
  ["<｜DSML｜tool_calls>", "deepseek_v4"],
  ["<｜tool_calls_begin｜>", "step3"],
  ["[TOOL_CALLS]", "mistral"],
  ['<function name="', "minicpm5"],
  ["<function_calls>", "olmo3"],
  ["<function_call>", "granite-20b-fc"],
  ["<|tool_call|>", "granite"],
  ["<|action_start|><|plugin|>", "internlm"],
  ["functools[", "phi4_mini_json"],
  ["<|python_start|>", "llama4_pythonic"],
  ["<|python_tag|>", "llama3_json"],
  ["<|tool_call_start|>", "lfm2"],
  ["<start_function_call>", "functiongemma"],
  ["<|tools_prefix|>", "apertus"],
  ["<|function_call|>", "gigachat3"],
  ["<|tool_calls_section_begin|>", "kimi_k2"],
  ["<minimax:tool_call>", "minimax_m2"],
  ["<|tool_call>call:", "gemma4"],
  ["<seed:tool_call>", "seed_oss"],
  ["<tool_calls>", "jamba"],
  ["<tool_calls", "hy_v3"],
  ["]<]minimax[>[", "minimax_m3"],
  ["<|open|>tools<|sep|>", "kimi_k3"],
  ["<|START_ACTION|>", "cohere"],
  ["<|content_invoke_tool_json|>", "inkling"],
  ["<|channel|>", "harmony"],
  ["<|tool_call:start|>", "solar_open2"],
  ["<dots_function_call>", "dots"],
  ["<ifm|tool_calls>", "k2_horizon"],
  ["<atem:function_calls>", "muse"],
  ["<arg_key>", glmVersion],
  ["<function=", "qwen3_coder"],
  ["<tool_call>", "hermes"],
];

/** GLM 4.5 writes a newline after the name of the function, later versions do not. */
function glmVersion(template: string): string {
  return /<tool_call>[^<]{0,200}(?:\\n|\n)[^<]{0,200}<arg_key>/.test(template) ? "glm45" : "glm47";
}

/** The tool-call format that a template writes. */
export function templateToolParser(template: string): Found | undefined {
  for (const [marker, parser] of toolMarkers) {
    if (template.includes(marker)) {
      return { parser: typeof parser === "string" ? parser : parser(template), evidence: marker };
    }
  }
  return undefined;
}

const reasoningMarkers: readonly (readonly [marker: string, parser: string])[] = [
  ["[THINK]", "mistral"],
  ["<|START_THINKING|>", "cohere_cmd"],
  ["◁think▷", "kimi"],
  ["<seed:think>", "seed_oss"],
  ["<mm:think>", "minimax_m3"],
  ["<|open|>think", "kimi_k3"],
  ["<|content_thinking|>", "inkling"],
  ["<|channel|>analysis", "harmony"],
  ["<|channel>", "gemma4"],
  ["<|inner_prefix|>", "apertus2509"],
];

/** Reasoning formats with `<think>` that a tool format tells. */
const byToolFormat: Readonly<Record<string, string>> = {
  glm45: "glm45",
  glm47: "glm45",
  hermes: "qwen3",
  qwen3_coder: "qwen3",
  kimi_k2: "kimi_k2",
  deepseek_v31: "deepseek_v31",
  deepseek_v32: "deepseek_v31",
  deepseek_v4: "deepseek_v31",
  deepseek_v3: "deepseek_r1",
  minimax_m2: "minimax",
  step3: "step3",
  step3p5: "step3p5",
  hy_v3: "hy_v3",
  solar_open2: "solar_open2",
  poolside_v1: "poolside_v1",
  olmo3: "olmo3",
  ernie45: "ernie45",
  hunyuan_a13b: "hunyuan_a13b",
};

/** The reasoning format that a template writes, given its tool format. */
export function templateReasoningParser(template: string, tool: string): Found | undefined {
  for (const [marker, parser] of reasoningMarkers) {
    if (template.includes(marker)) return { parser, evidence: marker };
  }
  if (!template.includes("<think>") && !template.includes("</think>")) return undefined;
  const parser = Object.hasOwn(byToolFormat, tool) ? byToolFormat[tool] : undefined;
  return { parser: parser ?? "think_auto", evidence: "<think>" };
}
