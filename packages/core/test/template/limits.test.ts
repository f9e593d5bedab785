// Templates are untrusted programs: each limit is reached, and nothing that is fed in crashes or hangs.

import { describe, expect, it } from "vitest";
import { compileTemplate, TemplateError, type TemplateLimits } from "../../src/template/index.ts";
import { Random } from "./random.ts";
import { TemplateWriter } from "./random-template.ts";

function limitError(source: string, limits: TemplateLimits = {}): TemplateError {
  try {
    compileTemplate(source, limits).render({ x: "a" });
  } catch (error) {
    if (error instanceof TemplateError) return error;
    throw error;
  }
  throw new Error("no limit was reached");
}

describe("limits", () => {
  it.each<[string, string, TemplateLimits]>([
    ["maxSource", "x".repeat(101), { maxSource: 100 }],
    ["maxDepth", `{{ ${"(".repeat(300)}1${")".repeat(300)} }}`, {}],
    ["maxDepth", `{{ ${"not ".repeat(5000)}x }}`, {}],
    ["maxDepth", `{{ ${"-".repeat(5000)}1 }}`, {}],
    ["maxDepth", `{{ x${".a".repeat(5000)} }}`, {}],
    ["maxDepth", `{{ x${"|e".repeat(5000)} }}`, {}],
    ["maxDepth", `{{ ${"1 if x else ".repeat(5000)}1 }}`, {}],
    ["maxDepth", `{{ ${"[".repeat(5000)} }}`, {}],
    ["maxDepth", `${"{% if x %}".repeat(300)}${"{% endif %}".repeat(300)}`, {}],
    ["maxCallDepth", "{% macro m() %}{{ m() }}{% endmacro %}{{ m() }}", {}],
    ["maxCallDepth", "{% for i in [1] recursive %}{{ loop([1]) }}{% endfor %}", {}],
    [
      "maxSteps",
      "{% for a in range(1000) %}{% for b in range(1000) %}{% endfor %}{% endfor %}",
      { maxSteps: 100_000 },
    ],
    ["maxSteps", "{% for a in range(30) %}{% for b in range(100000) %}{% endfor %}{% endfor %}", {}],
    ["maxSteps", "{% for a in range(99999) %}{% set y = range(99999)|list %}{% endfor %}", {}],
    ["maxOutput", "{{ 'a' * 10**9 }}", {}],
    ["maxOutput", "{{ '%1000000000d' % 1 }}", {}],
    ["maxOutput", "{{ 'a'.center(10**9) }}", {}],
    ["maxOutput", "{{ '{:1000000000}'.format(1) }}", {}],
    [
      "maxOutput",
      "{% set ns = namespace(s='abcdefgh') %}{% for i in range(99) %}{% set ns.s = ns.s + ns.s %}{% endfor %}",
      {},
    ],
    [
      "maxOutput",
      "{% set ns = namespace(s='ab') %}{% for i in range(99) %}{% set ns.s = ns.s ~ ns.s %}{% endfor %}",
      {},
    ],
    ["maxOutput", "{% for i in range(1000) %}{{ 'x' * 1000 }}{% endfor %}", { maxOutput: 10_000 }],
    [
      "maxOutput",
      "{% set ns = namespace(l=[1]) %}{% for i in range(40) %}{% set ns.l = [ns.l, ns.l] %}{% endfor %}{{ ns.l }}",
      { maxOutput: 100_000 },
    ],
    ["maxItems", "{{ [1] * 10**7 }}", {}],
    [
      "maxItems",
      "{% set ns = namespace(l=[1]) %}{% for i in range(40) %}{% set ns.l = ns.l + ns.l %}{% endfor %}",
      {},
    ],
    ["4300 digits", "{{ 10 ** 10000 }}", {}],
    ["4300 digits", "{{ 99999999 ** 99999999 }}", {}],
    [
      "timeoutMs",
      "{% for a in range(99999) %}{% for b in range(99) %}{% endfor %}{% endfor %}",
      { timeoutMs: 0, maxSteps: 1e9 },
    ],
  ])("stops at %s: %.60s", (name, source, limits) => {
    const error = limitError(source, limits);
    expect(error.message).toContain(name);
    expect([error.code, error.kind]).toEqual(["TEMPLATE_LIMIT_EXCEEDED", "limit"]);
  });

  it("stops equality of lists that share their items", () => {
    const source =
      "{% set ns = namespace(a=[1], b=[1]) %}{% for i in range(60) %}{% set ns.a = [ns.a, ns.a] %}{% set ns.b = [ns.b, ns.b] %}{% endfor %}{{ ns.a == ns.b }}";
    expect(limitError(source).message).toContain("maxSteps");
  });

  it("keeps the range of the sandbox", () => {
    expect(limitError("{{ range(100001) }}").reason).toContain("Range too big");
  });

  it("needs no recursion for long chains of one operator", () => {
    const sum = Array.from({ length: 20_000 }, () => "1").join(" + ");
    expect(compileTemplate(`{{ ${sum} }}`).render({})).toBe("20000");
    expect(compileTemplate(`{{ x is defined${" and x".repeat(20_000)} }}`).render({ x: 1 })).toBe("1");
    expect(compileTemplate(`{{ 'a'${" ~ 'a'".repeat(20_000)} }}`).render({})).toHaveLength(20_001);
  });

  it("refuses limits that are no numbers", () => {
    expect(() => compileTemplate("x", { maxSteps: Number.NaN })).toThrow("maxSteps must be a number");
  });

  it("survives mutated sources", { timeout: 3_600_000 }, () => {
    const rounds = Number(process.env["TOKENWIRE_FUZZ"] ?? 3000);
    const random = new Random(7);
    const writer = new TemplateWriter(random);
    const noise = [
      "{{",
      "}}",
      "{%",
      "%}",
      "{#",
      "#}",
      "-",
      "(",
      "[",
      "|",
      "'",
      "\\",
      "é",
      "\u0000",
      "\ud800",
      " if ",
      "1e",
      "0x",
      "loop",
      "\n",
    ];
    for (let round = 0; round < rounds; round++) {
      let source = writer.body(2, false);
      for (let edits = random.below(4); edits > 0; edits--) {
        const at = random.below(source.length + 1);
        const cut = random.chance(0.5) ? random.below(5) : 0;
        source =
          source.slice(0, at) + (random.chance(0.6) ? random.pick(noise) : "") + source.slice(at + cut);
      }
      if (random.chance(0.2)) source = source.slice(0, random.below(source.length + 1));
      try {
        compileTemplate(source).render({ a: [1, "x"], b: { k: "v" }, msgs: [] });
      } catch (error) {
        expect(error, source).toBeInstanceOf(TemplateError);
      }
    }
  });
});
