// Detection and generation spans on the templates of the acceptance data.

import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { parseJson } from "@tokenwire/core/json";
import {
  compileTemplate,
  detectArgumentsFormat,
  probeContentFormat,
  renderChat,
  TemplateError,
} from "@tokenwire/core/template";
import { describe, expect, it } from "vitest";

const folder = resolve(import.meta.dirname, "../../../shared/acceptance/templates");
const present = existsSync(folder);
const files = present ? readdirSync(join(folder, "templates")).sort() : [];
const read = (path: string): string => readFileSync(join(folder, path), "utf8");

describe.skipIf(!present)("acceptance: what templates expect", () => {
  it("finds the form of content", () => {
    const verdicts = new Map(
      files.map((file) => [file, probeContentFormat(compileTemplate(read(`templates/${file}`)))]),
    );
    const withVerdict = (wanted: string): string[] => files.filter((file) => verdicts.get(file) === wanted);
    expect(withVerdict("parts")).toEqual(files.filter((file) => /idefics3|llava_next|Vision/.test(file)));
    expect(withVerdict("unknown").length).toBeLessThanOrEqual(6);
    expect(withVerdict("string").length).toBeGreaterThan(60);
    expect(withVerdict("both").length).toBeGreaterThan(5);
  });

  it("finds the templates that need arguments as text", () => {
    const text = files.filter(
      (file) => detectArgumentsFormat(compileTemplate(read(`templates/${file}`))) === "string",
    );
    expect(text.length).toBeGreaterThan(0);
    expect(text.filter((file) => !/deepseek|functionary/i.test(file))).toEqual([]);
  });

  const training = present
    ? (JSON.parse(read("index.json")) as { file: string; training?: boolean }[]).filter(
        (entry) => entry.training,
      )
    : [];

  it("has templates with generation blocks", () => {
    expect(training).toHaveLength(12);
  });

  it.each(training.map(({ file }) => file))("gives spans with the assistant's text for %s", (file) => {
    const template = compileTemplate(read(`templates/${file}`));
    expect(template.hasGenerationBlocks).toBe(true);
    const context = parseJson(read("contexts/multi_turn_system.json")) as Map<string, unknown>;
    const { add_generation_prompt, bos_token, eos_token, ...rest } = Object.fromEntries(context) as Record<
      string,
      never
    >;
    try {
      const input = { ...rest, messages: rest["messages"], specialTokens: { bos_token, eos_token } };
      const rendered = renderChat(template, input);
      expect(rendered.text).toBe(template.render(new Map([...context, ["add_generation_prompt", false]])));
      const spans = rendered.generationSpans.map(([start, end]) => rendered.text.slice(start, end));
      const said = (rest["messages"] as unknown as Map<string, string>[]).filter(
        (message) => message.get("role") === "assistant",
      );
      expect(spans).toHaveLength(said.length);
      for (const [at, message] of said.entries()) expect(spans[at]).toContain(message.get("content")!.trim());
    } catch (error) {
      if (!(error instanceof TemplateError)) throw error;
    }
    expect(add_generation_prompt).toBe(true);
  });
});
