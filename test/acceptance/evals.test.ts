// The published evals' extraction, grading, draws and report.

import { existsSync, readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import {
  aggregateMeans,
  extractBoxed,
  extractChoice,
  type GradedItem,
  metricsJson,
  normalizeNumber,
  PythonRandom,
  parsePythonInteger,
  parseVerdict,
  referenceReport,
  rubricScore,
  sampleHtml,
  toGrade,
} from "../../packages/tokenwire/src/evals/index.ts";

const folder = new URL("../../../shared/acceptance/gpt-oss/", import.meta.url);
const present = existsSync(folder);
// biome-ignore lint/suspicious/noExplicitAny: recorded data of many shapes
const read = (name: string): any => (present ? JSON.parse(readFileSync(new URL(name, folder), "utf8")) : {});

describe.skipIf(!present)("recorded evals", () => {
  it("extract choices", () => {
    for (const { text, answer } of read("abcd.json"))
      expect([text, extractChoice(text)]).toEqual([text, answer]);
  });

  it("extract integers", () => {
    const { extract, normalize } = read("aime.json");
    for (const { text, extracted, int } of extract) {
      expect(extractBoxed(text)).toBe(extracted);
      expect(parsePythonInteger(extracted)).toBe(int);
    }
    for (const { s, n } of normalize) expect(normalizeNumber(s)).toBe(n);
  });

  it("draw as Python does", () => {
    const data = read("pyrandom.json");
    const range = (n: number) => Array.from({ length: n }, (_, index) => index);
    // These two lists are samples of the draws, in no particular order.
    const permutations = new PythonRandom(0);
    const drawn = new Set(range(40).map(() => permutations.permutation(4).join()));
    for (const permutation of data.perm40) expect(drawn).toContain(permutation.join());
    const large = new PythonRandom(0).sample(range(5000), 10);
    for (const value of data.sample5000_10) expect(large).toContain(value);
    const random = new PythonRandom(0);
    expect(random.sample(range(198), 5)).toEqual(data.sample198_5);
    expect(data.perm_after.map(() => random.permutation(4))).toEqual(data.perm_after);
    expect(new PythonRandom(0).sample(range(30), 5)).toEqual(data.sample30_5);
  });

  it("grade rubrics", () => {
    const { parse, calc, grade } = read("healthbench.json");
    for (const { text, out } of parse) expect(parseVerdict(text)).toEqual(out);
    for (const { points, met, score } of calc) {
      const items = points.map((value: number, index: number) => ({
        points: value,
        criteriaMet: met[index] === 1,
      }));
      expect(rubricScore(items)).toBeCloseTo(score, 12);
    }
    const items: GradedItem[] = grade.items.map((item: Record<string, unknown>) => ({
      criterion: item["criterion"],
      points: item["points"],
      pointsText: String(item["points"]),
      tags: item["tags"],
      criteriaMet: item["criteria_met"],
      explanation: item["explanation"],
    }));
    const tags = Object.keys(grade.metrics).filter((name) => name.startsWith("theme:"));
    const result = toGrade({ id: "p", prompt: [], tags: [...tags, "axis:z"] }, items, {
      text: "",
      usage: {},
    });
    expect(result.metrics).toEqual(grade.metrics);
    expect(result.explanation).toBe(grade.explanation);
  });

  it("print the report", () => {
    const { score, metrics, htmls } = read("report.json");
    expect(referenceReport({ score, metrics }, htmls)).toBe(
      readFileSync(new URL("report_expected.html", folder), "utf8"),
    );
    const sample = (content: string, answer: string, extractedAnswer: string, value: number) => ({
      exampleId: "",
      repeat: 0,
      messages: [{ role: "user" as const, content }],
      answer,
      correctAnswer: "A",
      extractedAnswer,
      score: value,
      metrics: { chars: answer.length },
      usage: {},
      retries: 0,
      milliseconds: 0,
    });
    const samples = [
      sample('Q <b>1</b> & "x"', "A", "A", 1),
      sample("Q2\nline", "I am <B>", "B", 0),
      sample("日本", "🐔", "A", 1),
    ];
    expect(samples.map(sampleHtml)).toEqual(htmls);
    const scored = samples.map((entry, index) => ({ ...entry, metrics: { chars: [1, 5, 3][index]! } }));
    expect(aggregateMeans(scored).score).toBe(score);
    expect(JSON.parse(metricsJson({ score, metrics }))).toEqual({ ...metrics, score });
  });
});
