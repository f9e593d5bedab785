// The profile `hf-template` against the template itself, run by our template engine.

import { existsSync, readFileSync } from "node:fs";
import { resolve } from "node:path";
import {
  DeveloperContent,
  loadHarmonyEncoding,
  Message,
  SystemContent,
  ToolDescription,
} from "@tokenwire/core/harmony";
import { renderChat } from "@tokenwire/core/template";
import { getEncoding } from "@tokenwire/encodings";
import { describe, expect, it } from "vitest";

const file = resolve(import.meta.dirname, "../../../shared/acceptance/templates/templates/trl-gptoss.jinja");
const present = existsSync(file);
const template = present ? readFileSync(file, "utf8") : "";
const encoding = loadHarmonyEncoding(getEncoding("o200k_harmony"));

const city = { type: "string", description: "The city", enum: ["Oslo", "Rome"], default: "Oslo" };
const schemas: Record<string, object> = {
  plain: { type: "object", properties: { city, days: { type: "integer", default: 3 } }, required: ["city"] },
  empty: { type: "object", properties: {} },
  arrays: {
    type: "object",
    properties: {
      words: { type: "array", items: { type: "string", enum: ["a"] }, nullable: true },
      any: { type: "array" },
      deep: { type: "array", items: { type: "array", items: { type: "integer" } } },
      long: {
        type: "array",
        items: {
          type: "object",
          properties: { aaaaaaaaaaaaaaaaaaaaaaaa: { type: "string" }, b: { type: "string" } },
        },
      },
    },
  },
  nested: {
    type: "object",
    properties: {
      at: { type: "object", properties: { x: { type: "number" }, y: { type: "object" } }, required: ["x"] },
      maybe: { type: "string", nullable: true, default: null },
      both: { type: ["integer", "null"] },
      other: { anyOf: [{ type: "string" }] },
    },
  },
  variants: {
    type: "object",
    properties: {
      one: {
        oneOf: [
          { type: "string", description: "a text" },
          { type: "number", default: 1 },
        ],
        default: "x",
      },
      many: { oneOf: [{ type: "object" }, { type: "string" }] },
      flag: { type: "boolean", default: false },
    },
  },
};

describe.skipIf(!present)("the Hugging Face profile", () => {
  it.each(Object.keys(schemas))("writes tools, a call and its result as the template does: %s", (name) => {
    const parameters = schemas[name]!;
    const date = "2026-01-02";
    const args = { city: "São Paulo", days: [1, 2.5] };
    const byTemplate = renderChat(template, {
      messages: [
        { role: "system", content: "Be brief." },
        { role: "user", content: "Weather?" },
        {
          role: "assistant",
          thinking: "Look it up.",
          tool_calls: [{ function: { name: "f", arguments: args } }],
        },
        { role: "tool", content: 'It is "fine" – 20°' },
      ],
      tools: [{ type: "function", function: { name: "f", description: "Gets it.", parameters } }],
      addGenerationPrompt: true,
    }).text.replace(/Current date: \d{4}-\d\d-\d\d/, `Current date: ${date}`);
    const conversation = [
      Message.fromRoleAndContent("system", SystemContent.new().withConversationStartDate(date)),
      Message.fromRoleAndContent(
        "developer",
        DeveloperContent.new()
          .withInstructions("Be brief.")
          .withFunctionTools([new ToolDescription("f", "Gets it.", parameters)]),
      ),
      Message.fromRoleAndContent("user", "Weather?"),
      Message.fromRoleAndContent("assistant", "Look it up.").withChannel("analysis"),
      Message.fromRoleAndContent("assistant", JSON.stringify(args))
        .withChannel("commentary")
        .withRecipient("functions.f"),
      Message.fromAuthorAndContent({ role: "tool", name: "functions.f" }, 'It is "fine" – 20°'),
    ];
    const ids = encoding.renderConversationForCompletion(conversation, "assistant", {
      profile: "hf-template",
    });
    expect(encoding.decode(ids)).toBe(byTemplate);
    expect(Array.from(ids)).toEqual(Array.from(encoding.encode(byTemplate, { allowedSpecial: "all" })));
  });

  it("follows instructions with an empty line and drops earlier reasoning", () => {
    const conversation = [
      Message.fromRoleAndContent("developer", DeveloperContent.new().withInstructions("Be brief.")),
      Message.fromRoleAndContent("user", "a"),
      Message.fromRoleAndContent("assistant", "t").withChannel("analysis"),
      Message.fromRoleAndContent("assistant", "b").withChannel("final"),
      Message.fromRoleAndContent("user", "c"),
    ];
    const text = encoding.decode(
      encoding.renderConversationForCompletion(conversation, "assistant", { profile: "hf-template" }),
    );
    const byTemplate = renderChat(template, {
      messages: [
        { role: "system", content: "Be brief." },
        { role: "user", content: "a" },
        { role: "assistant", thinking: "t", content: "b" },
        { role: "user", content: "c" },
      ],
      addGenerationPrompt: true,
    }).text;
    expect(text).toBe(byTemplate.slice(byTemplate.indexOf("<|start|>developer")));
    expect(() =>
      encoding.render(Message.fromRoleAndContent("assistant", "<|channel|>final<|message|>x"), {
        profile: "hf-template",
      }),
    ).toThrow("must not hold");
  });
});
