// Every render of the acceptance data, compared with what Python's Jinja2 gave.

import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { parseJson } from "@tokenwire/core/json";
import { compileTemplate, TemplateError } from "@tokenwire/core/template";
import { describe, expect, it } from "vitest";

const folder = resolve(import.meta.dirname, "../../../shared/acceptance/templates");
const read = (path: string): string => readFileSync(join(folder, path), "utf8");
const now = new Date(2025, 6, 10, 12, 0, 0);

interface Expected {
  readonly output?: string;
  readonly error?: { readonly type: string; readonly message: string };
}

/** The output, or Python's "Type: message". */
function render(source: string, context: ReadonlyMap<string, unknown>): string | { error: string } {
  try {
    return compileTemplate(source).render(context, { now });
  } catch (error) {
    if (error instanceof TemplateError) return { error: `${error.kind}: ${error.reason}` };
    throw error;
  }
}

/** Messages that show an address or a detail of CPython are compared by kind. */
function comparable(error: string): string {
  return /0x[0-9a-f]{6}|positional argument|No such file/.test(error) ? error.replace(/:.*/s, "") : error;
}

describe.skipIf(!existsSync(folder))("acceptance: templates", () => {
  const contexts = existsSync(folder)
    ? readdirSync(join(folder, "contexts")).map(
        (file) =>
          [file.replace(".json", ""), parseJson(read(`contexts/${file}`)) as Map<string, unknown>] as const,
      )
    : [];
  const files = existsSync(folder) ? readdirSync(join(folder, "templates")).sort() : [];

  it("has the data", () => {
    expect(files.length).toBeGreaterThan(90);
    expect(contexts).toHaveLength(12);
  });

  it.each(files)("renders %s", (file) => {
    const source = read(`templates/${file}`);
    const expected = JSON.parse(read(`expected/${file}.json`)) as Record<string, Expected>;
    const results: Record<string, unknown> = {};
    const wanted: Record<string, unknown> = {};
    for (const [name, context] of contexts) {
      const { output, error } = expected[name]!;
      results[name] = render(source, context);
      wanted[name] = output ?? { error: `${error!.type}: ${error!.message}` };
    }
    expect(results).toEqual(wanted);
  });

  it("answers the probes", () => {
    const probes = JSON.parse(read("probes.expected.json")) as {
      t: string;
      output?: string;
      error?: string;
    }[];
    const result = (value: string | { error: string }) =>
      typeof value === "string" ? value : { error: comparable(value.error) };
    const got = probes.map(({ t }) => [t, result(render(t, new Map()))]);
    const wanted = probes.map(({ t, output, error }) => [t, result(output ?? { error: error! })]);
    expect(got).toEqual(wanted);
  });

  it("keeps values exact at the edges", () => {
    const cases = JSON.parse(read("edges.expected.json")) as {
      template: string;
      json: string;
      output: string;
    }[];
    const got = cases.map(({ template, json }) => render(template, new Map([["v", parseJson(json)]])));
    expect(got).toEqual(cases.map(({ output }) => output));
  });
});
