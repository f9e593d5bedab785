// Constraints for tool_choice as SMG generates them: deep-equal, the order of tags included.

import { existsSync, readFileSync } from "node:fs";
import { toolChoiceConstraint } from "@tokenwire/core/parsers";
import { describe, expect, it } from "vitest";

const file = new URL("../../../shared/acceptance/parsers/constraint_cases.json", import.meta.url);

interface Case {
  readonly parser: string | null;
  readonly tool_choice: unknown;
  readonly tools: readonly unknown[];
  readonly expected: { readonly constraint?: unknown; readonly error?: string };
}

const cases: readonly Case[] = existsSync(file) ? JSON.parse(readFileSync(file, "utf8")) : [];

describe.skipIf(cases.length === 0)("tool_choice constraints", () => {
  it.each(cases.map((item, index) => [index, item] as const))("case %i", (_index, item) => {
    const build = () =>
      toolChoiceConstraint({ toolChoice: item.tool_choice, tools: item.tools, format: item.parser });
    if (item.expected.error === undefined) expect(build()).toEqual(item.expected.constraint);
    else expect(build).toThrow(item.expected.error);
  });
});
