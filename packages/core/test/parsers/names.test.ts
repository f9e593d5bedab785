// Names, aliases and the choice of parsers.

import { describe, expect, it } from "vitest";
import {
  chooseParsers,
  getReasoningFormat,
  getToolFormat,
  hasReasoningParser,
  hasToolParser,
  listReasoningParsers,
  listToolParsers,
} from "../../src/parsers/index.ts";

describe("names", () => {
  it("lists every format once", () => {
    expect(new Set(listToolParsers()).size).toBe(listToolParsers().length);
    expect(listToolParsers().length).toBeGreaterThanOrEqual(49);
    expect(listReasoningParsers().length).toBeGreaterThanOrEqual(33);
  });

  it("ignores case and the kind of dash", () => {
    expect(getToolFormat("Kimi-K2").name).toBe("kimi_k2");
    expect(getReasoningFormat("DEEPSEEK-R1").name).toBe("deepseek_r1");
  });

  it.each([
    ["qwen", "hermes"],
    ["deepseek", "deepseek_v3"],
    ["glm", "glm45"],
    ["llama", "llama3_json"],
    ["openai", "harmony"],
    ["gpt-oss", "harmony"],
    ["qwen3_xml", "qwen3_coder"],
    ["spark25", "glm47"],
    ["muse_glimmer", "muse"],
  ])("%s means %s", (alias, name) => {
    expect(getToolFormat(alias).name).toBe(name);
  });

  it("knows every name of the three projects", () => {
    const tool =
      "passthrough json qwen mistral llama pythonic deepseek deepseek31 deepseek32 deepseek_v4 glm45_moe glm47_moe qwen_xml qwen_coder step3 kimik2 kimi_k3 minimax_m2 cohere inkling sarashina hermes longcat llama3_json llama4_json llama4_pythonic olmo3 lfm2 deepseek_v3 deepseek_v31 deepseek_v32 glm45 glm47 poolside_v1 qwen3_coder qwen3_xml mimo step3p5 seed_oss kimi_k2 minimax_m3 cohere_command3 cohere_command4 openai granite granite4 granite-20b-fc hunyuan_a13b jamba hy_v3 internlm xlam phi4_mini_json ernie45 gigachat3 functiongemma gemma4 apertus minicpm5 solar_open2 json_array qwen25 trinity longcat_xml llama3 deepseekv3 deepseekv31 deepseekv32 deepseekv4 ling3 minimax-m2 minimax-m3 gpt-oss hunyuan interns1 apertus2509 dots k2_horizon";
    expect(tool.split(" ").filter((name) => !hasToolParser(name))).toEqual([]);
    const reasoning =
      "passthrough base deepseek_r1 qwen3_thinking qwen_thinking qwen3 glm45 deepseek_v31 nano_v3 kimi_thinking kimi_k25 kimi kimi_k3 step3 minimax cohere_cmd inkling mimo glm47 holo2 deepseek_v3 deepseek_v4 nemotron_v3 kimi_k2 step3p5 minimax_m2 minimax_m2_append_think minimax_m3 cohere_command3 cohere_command4 openai_gptoss mistral gemma4 granite hunyuan_a13b hy_v3 ernie45 olmo3 seed_oss poolside_v1 solar_open2 deepseek-r1 qwen3-thinking interns1 nemotron_3 minimax-append-think gpt-oss hunyuan apertus2509 telechat4";
    expect(reasoning.split(" ").filter((name) => !hasReasoningParser(name))).toEqual([]);
  });

  it("names the closest and all others", () => {
    expect(() => getToolFormat("hermess")).toThrow(/Did you mean "hermes"\? Known parsers: apertus/);
    expect(() => getReasoningFormat("zzzzzzzz")).toThrow(/^Unknown reasoning parser "zzzzzzzz"\. Known/);
  });
});

describe("chooseParsers", () => {
  it.each([
    ["Qwen/Qwen3-8B", "hermes", "qwen3"],
    ["Qwen/Qwen3-Coder-30B-A3B-Instruct", "qwen3_coder", "qwen3"],
    ["Qwen3-235B-A22B-Thinking-2507", "hermes", "qwen3_thinking"],
    ["meta-llama/Llama-3.2-1B", "llama3_json", "passthrough"],
    ["meta-llama/Llama-3.1-8B", "llama3_json", "passthrough"],
    ["deepseek-ai/DeepSeek-V3.1", "deepseek_v31", "deepseek_v31"],
    ["deepseek-ai/DeepSeek-R1", "deepseek_v3", "deepseek_r1"],
    ["moonshotai/Kimi-K2-Instruct", "kimi_k2", "kimi"],
    ["openai/gpt-oss-20b", "harmony", "harmony"],
    ["zai-org/GLM-4.6", "glm45", "glm45"],
    ["something-else", "passthrough", "passthrough"],
  ])("%s", (model, tool, reasoning) => {
    expect(chooseParsers({ model })).toMatchObject({ tool, reasoning });
  });

  it("keeps SMG's table exactly in its dialect", () => {
    expect(chooseParsers({ model: "DeepSeek-R1", compat: "smg" }).tool).toBe("pythonic");
    expect(chooseParsers({ model: "gemma-4-27b", compat: "smg" }).tool).toBe("json");
  });

  it("trusts the template more than the name", () => {
    const template = "{% for c in calls %}<tool_call>{{ c.name }}\n<arg_key>k</arg_key>{% endfor %}<think>";
    const choice = chooseParsers({ model: "my-qwen3-finetune", template });
    expect(choice).toMatchObject({ tool: "glm45", reasoning: "glm45" });
    expect(choice.why.tool).toEqual({ reason: "template", evidence: "<arg_key>" });
  });

  it.each([
    ["<｜tool▁calls▁begin｜>```json", "deepseek_v3"],
    ["<｜tool▁calls▁begin｜>", "deepseek_v31"],
    ["<｜tool_calls_begin｜>", "step3"],
    ["<|tool_call|>", "granite"],
    ["<|tool_call>call:", "gemma4"],
    ["<tool_calls>", "jamba"],
    ["<tool_calls{{ suffix }}>", "hy_v3"],
    ["<tool_call><function=", "qwen3_coder"],
    ["<tool_call>{", "hermes"],
  ])("template %s", (template, tool) => {
    expect(chooseParsers({ template }).tool).toBe(tool);
  });

  it("says when it was told", () => {
    expect(chooseParsers({ tool: "json", model: "qwen3" }).why.tool.reason).toBe("explicit");
  });
});
