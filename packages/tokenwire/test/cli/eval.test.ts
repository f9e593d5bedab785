// The command in this process: engines, tools, comparisons, and what it says when something is wrong.

import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { run } from "../../src/cli/main.ts";
import { captureOutput } from "./capture.ts";

const captured = captureOutput();

/** The exit code and what was printed. */
async function runCli(...argv: string[]): Promise<{ code: number; stdout: string; stderr: string }> {
  captured.out = "";
  captured.err = "";
  process.exitCode = undefined;
  const code = await run(argv);
  return { code, stdout: captured.out, stderr: captured.err };
}

let folder = "";
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "eval-cli-"));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));
const file = (name: string, text: string) => {
  writeFileSync(join(folder, name), text);
  return join(folder, name);
};
const answer = (text: string) => `<|channel|>final<|message|>${text}<|return|>`;
const script = (name: string, ...turns: string[]) =>
  `scripted:${file(name, JSON.stringify({ turns: turns.map((emit) => ({ emit })) }))}`;
const questions = () => file("q.jsonl", '{"input":"2+3?","ideal":"5"}\n{"input":"3+3?","ideal":"6"}\n');
const evaluate = (out: string, engine: string, ...flags: string[]) => {
  const what = ["--eval", "dataset", "--data", questions(), "--engine", engine, "-j", "1"];
  return runCli("eval", ...what, "--out", join(folder, out), "--json", ...flags);
};

describe("tokenwire eval", () => {
  it("asks an engine without a server, and lets it use tools", async () => {
    const search = '<|channel|>commentary to=browser.search<|message|>{"query":"sum"}<|call|>';
    const wrong = "<|channel|>commentary to=browser.fly<|message|>{}<|call|>";
    mkdirSync(join(folder, "site"));
    file("site/page.md", "# Sums\n\nThe sum of 2 and 3 is 5.");
    const engine = script("s.json", search, answer("It is 5"), wrong, answer("7"));
    const backend = ["--tools", "browser", "--browser-backend", `local:${folder}/site`];
    const prices = ["--price-input", "1", "--price-output", "1000000"];
    const { code, stdout } = await evaluate("run", engine, ...backend, ...prices);
    expect(code).toBe(0);
    const [outcome] = JSON.parse(stdout);
    expect(outcome).toMatchObject({ score: 0.5, summary: { samples: 2, errors: 0 } });
    expect(outcome.summary.tools).toEqual({ calls: 2, failures: 1, perSample: 1 });
    expect(outcome.summary.tokens.toolTokens).toBeGreaterThan(10);
    expect(outcome.summary.cost).toBeGreaterThan(outcome.summary.tokens.outputTokens);
    const [name] = readdirSync(join(folder, "run"));
    const page = readFileSync(join(folder, "run", name!, "report.html"), "utf8");
    expect(page).toContain("2 (1 failed)");
  });

  it("compares runs, sample by sample", async () => {
    const third = file("third.jsonl", '{"input":"4+3?","ideal":"7"}\n');
    const data = ["--data", third];
    await evaluate("before", script("a.json", answer("5"), answer("<b>no</b>"), answer("8")), ...data);
    await evaluate("after", script("b.json", answer("four"), answer("6"), answer("7")), ...data);
    const runs = ["before", "after"].map((out) => join(folder, out, readdirSync(join(folder, out))[0]!));
    const { code, stdout } = await runCli("eval", "--compare", ...runs, "--out", folder, "--json");
    expect(code).toBe(0);
    expect(JSON.parse(stdout)).toMatchObject({
      first: runs[0],
      differences: [{ name: runs[1], samples: 3, difference: 1 / 3, better: 2, worse: 1 }],
      file: join(folder, "comparison.html"),
    });
    const page = readFileSync(join(folder, "comparison.html"), "utf8");
    expect(page).toContain("3 samples with different scores");
    expect(page).toContain('<details class="worse"><summary>row-1, repeat 1: 1 → 0</summary>');
    expect(page).toContain('<details class="better"><summary>row-2, repeat 1: 0 → 1</summary>');
    expect(page).toContain("&lt;b&gt;no&lt;/b&gt;");
    expect(page).not.toContain("<b>");
  });

  it("takes the published trial run", async () => {
    const header = "Question,Correct Answer,Incorrect Answer 1,Incorrect Answer 2,Incorrect Answer 3";
    const rows = ["What?,r,a,b,c", '"The ESPRESSO spectrograph, please",r,a,b,c', "Why?,r,a,b,c"];
    const data = file("gpqa.csv", [header, ...rows].join("\n"));
    const engine = script("g.json", answer("Answer: A"));
    const what = ["--eval", "gpqa", "--data", data, "--engine", engine, "--debug", "--out", folder];
    const { stdout } = await runCli("eval", ...what, "--json");
    const [outcome] = JSON.parse(stdout);
    expect(outcome.run).toMatch(/_DEBUG$/);
    expect(outcome.summary).toMatchObject({ samples: 1, extractorDisagreement: 0 });
  });

  it.each([
    [
      ["--eval", "gpqa"],
      1,
      /not shipped\. Name a local copy of https:\S+gpqa_diamond\.csv, or allow downloads/,
    ],
    [["--eval", "dataset", "--data", "http://127.0.0.1:9/q"], 1, /Name a local copy of http/],
    [["--eval", "dataset", "--data", "/nowhere"], 1, /Cannot read the dataset/],
    [["--eval", "nope"], 2, /Known evals: basic, gpqa/],
    [["--tools", "shell"], 2, /Known: python, browser/],
    [["--tools", "python", "--sampler", "chat_completions"], 2, /Responses API only/],
    [["--compare", "one"], 2, /name two folders/],
    [["--compare", "one", "two"], 1, /one is not the folder of a run/],
    [["--base-url", "http://127.0.0.1:9/v1", "--retries", "0"], 1, /0\/1|1 errors|ECONNREFUSED/],
  ])("%j fails plainly", async (flags, expected, reason) => {
    const { code, stderr, stdout } = await runCli("eval", ...flags, "--out", join(folder, "out"));
    expect(code).toBe(expected);
    expect(stderr + stdout).toMatch(reason);
    expect(stderr).not.toMatch(/^ +at /m);
  });
});
