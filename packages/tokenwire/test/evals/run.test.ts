import { appendFileSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import {
  createChatCompletionsSampler,
  createResponsesSampler,
  type EvalRun,
  getEval,
  type RunEvalOptions,
  runEval,
  type Sampler,
  SamplerRefused,
  writeOutputs,
} from "../../src/evals/index.ts";

let folder = "";
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "evals-"));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const file = (name: string, text: string) => {
  writeFileSync(join(folder, name), text);
  return join(folder, name);
};
const questions = (count: number) =>
  file(
    "q.jsonl",
    Array.from({ length: count }, (_, k) => `{"input":"${k}?","ideal":"${k}","match":"exact"}\n`).join(""),
  );
/** Answers every third question wrongly. */
const answering: Sampler = async ([message]) => {
  const number = Number.parseInt(message?.content ?? "", 10);
  return { text: String(number % 3 === 0 ? -1 : number), usage: { outputTokens: 2 }, retries: 0 };
};
const options = (out: string, rest: Partial<RunEvalOptions> = {}): RunEvalOptions => ({
  eval: getEval("dataset"),
  sampler: answering,
  out: join(folder, out),
  files: [join(folder, "q.jsonl")],
  concurrency: 4,
  ...rest,
});
const comparable = ({ result, records }: EvalRun) => ({
  result,
  records: records.map(({ milliseconds, ...record }) => record),
});

describe("runEval", () => {
  it("gives the same result unbroken, and killed at half and resumed", async () => {
    questions(200);
    const whole = await runEval(options("whole", { repeats: 2 }));
    expect(whole.result.score).toBeCloseTo((2 * 133) / 400, 12);

    const controller = new AbortController();
    let asked = 0;
    const dying: Sampler = async (messages, signal) => {
      asked += 1;
      if (asked === 200) controller.abort();
      signal?.throwIfAborted();
      return answering(messages);
    };
    const broken = await runEval(
      options("broken", { repeats: 2, sampler: dying, signal: controller.signal }),
    );
    expect(broken.interrupted).toBe(true);
    expect(broken.records.length).toBeLessThan(200);
    // A kill may also cut a line short.
    appendFileSync(join(folder, "broken/samples.jsonl"), '{"item":399,"score":1,"metr');
    const resumed = await runEval(options("broken", { repeats: 2, resume: true }));
    expect(comparable(resumed)).toEqual(comparable(whole));
    expect(asked + 400 - broken.records.length).toBeGreaterThanOrEqual(400);
  });

  it("repeats failed samples on resume and keeps good ones", async () => {
    questions(10);
    const failing: Sampler = async (messages) => {
      if (messages[0]?.content === "4?") throw new Error("down");
      return answering(messages);
    };
    const first = await runEval(options("run", { sampler: failing }));
    expect(first.summary).toMatchObject({ samples: 10, errors: 1 });
    expect(first.records[4]).toMatchObject({ error: "down", score: null });
    let asked = 0;
    const counting: Sampler = async (messages) => {
      asked += 1;
      return answering(messages);
    };
    const second = await runEval(options("run", { sampler: counting, resume: true }));
    expect([asked, second.summary.errors]).toEqual([1, 0]);
  });

  it("refuses to mix runs", async () => {
    questions(3);
    await runEval(options("run"));
    await expect(runEval(options("run"))).rejects.toThrow(/exists already/);
    await expect(
      runEval(options("run", { resume: true, configuration: { model: "other" } })),
    ).rejects.toThrow(/cannot be resumed/);
  });

  it("ends at once when the server refuses", async () => {
    questions(50);
    let asked = 0;
    const refused: Sampler = async () => {
      asked += 1;
      throw new SamplerRefused(401, "HTTP status 401");
    };
    await expect(runEval(options("run", { sampler: refused }))).rejects.toThrow("401");
    expect(asked).toBeLessThanOrEqual(4);
  });

  it.each([
    ["missing", undefined, /Cannot read the dataset/],
    ["an HTML page", "<!DOCTYPE html><p>404", /is an HTML page/],
    ["broken", '{"input":"a","ideal":"b"}\n{', /line 2/],
    ["without ideal", '{"input":"a"}', /"ideal" must be/],
    ["with an unknown match", '{"input":"a","ideal":"b","match":"fuzzy"}', /unknown match "fuzzy"/],
  ])("refuses a dataset that is %s", async (_, text, reason) => {
    if (text !== undefined) file("q.jsonl", text);
    await expect(runEval(options("run"))).rejects.toThrow(reason);
  });

  it("insists on the checksum and never downloads unasked", async () => {
    questions(1);
    await expect(runEval(options("run", { sha256: ["00"] }))).rejects.toThrow(
      /has SHA-256 [0-9a-f]{64}; expected 00/,
    );
    await expect(runEval(options("run", { eval: getEval("gpqa"), files: [] }))).rejects.toThrow(
      /is not shipped/,
    );
  });
});

describe("the published evals on small data", () => {
  it("gpqa shuffles, asks and scores", async () => {
    const header = "Question,Correct Answer,Incorrect Answer 1,Incorrect Answer 2,Incorrect Answer 3\r\n";
    const data = file("g.csv", `\ufeff${header}"What, ""really""?\nLine two",right,w1,w2,w3\r\n`);
    const prompts: string[] = [];
    const choosing: Sampler = async ([message]) => {
      prompts.push(message?.content ?? "");
      const letter = /\(([A-D])\) right/.exec(message?.content ?? "")?.[1];
      return { text: `Answer: ${letter}`, usage: {}, retries: 0 };
    };
    const run = await runEval(
      options("g", { eval: getEval("gpqa"), files: [data], sampler: choosing, concurrency: 1 }),
    );
    expect(run.result.score).toBe(1);
    expect(run.records).toHaveLength(8);
    // The first draw of Random(0) is [3, 1, 0, 2].
    expect(prompts[0]).toBe(
      "What, \"really\"?\nLine two\n\n(A) w3\n(B) w1\n(C) right\n(D) w2\n\nExpress your final answer as the corresponding option 'A', 'B', 'C', or 'D'.",
    );
    const bad = file("bad.csv", "Question,Answer\na,b\n");
    await expect(runEval(options("b", { eval: getEval("gpqa"), files: [bad] }))).rejects.toThrow(
      /lacks the columns/,
    );
  });

  it("aime25 lists rows without an integer instead of failing", async () => {
    const data = file(
      "a.jsonl",
      '{"question":"q","answer":"468^\\\\circ"}\n\n{"question":"q","answer":"x"}\n',
    );
    const boxed: Sampler = async () => ({ text: "so \\boxed{ 0468 }", usage: {}, retries: 0 });
    const run = await runEval(
      options("a", {
        eval: getEval("aime25"),
        files: [data, file("b.jsonl", "")],
        sampler: boxed,
        repeats: 2,
      }),
    );
    expect(run.unusable).toEqual(['aime25-1-2: the answer "x" has no digits']);
    expect([run.records.length, run.result.score]).toEqual([2, 1]);
    expect(run.records[0]?.messages[0]?.content).toBe(
      "\nq\nPlease reason step by step, and put your final answer within \\boxed{}.\n",
    );
  });

  it("healthbench grades each item, asking again for a verdict that is none", async () => {
    const row = {
      prompt_id: "p1",
      prompt: [{ role: "user", content: "I have <<rubric_item>> $& pain" }],
      example_tags: ["theme:t"],
      rubrics: [
        { criterion: "good", points: 5, tags: ["axis:a"] },
        { criterion: "bad", points: -2, tags: ["axis:b"] },
      ],
    };
    const data = file("h.jsonl", JSON.stringify(row).replace('"points":5', '"points":5.0'));
    const prompts: string[] = [];
    const grader: Sampler = async ([message]) => {
      const content = message?.content ?? "";
      prompts.push(content);
      const isFirst = prompts.filter((text) => text === content).length === 1;
      const text = isFirst
        ? '{"criteria_met":"true"}'
        : '```json\n{"criteria_met":true,"explanation":"e{{x}}"}\n```';
      return { text, usage: {}, retries: 0 };
    };
    const run = await runEval(options("h", { eval: getEval("healthbench"), files: [data], grader }));
    expect(run.result.score).toBeCloseTo(0.6, 12);
    expect(run.result.metrics).toMatchObject({ "theme:t": 0.6, "axis:a": 1, "score:n_samples": 1 });
    expect(run.result.metrics["axis:b"]).toBeUndefined();
    expect(prompts).toHaveLength(4);
    expect(prompts[0]).toContain("user: I have <<rubric_item>> $& pain\n\nassistant: ");
    expect(prompts[0]).toContain("\n[5.0] good\n");
  });
});

describe("samplers", () => {
  let server: Server;
  let base = "";
  let answers: (() => { status: number; body: object; headers?: Record<string, string> })[] = [];
  let requests: Record<string, unknown>[] = [];
  beforeEach(async () => {
    requests = [];
    server = createServer(async (request, response) => {
      let text = "";
      for await (const chunk of request) text += chunk;
      requests.push({ path: request.url, key: request.headers.authorization, ...JSON.parse(text) });
      const answer = answers.shift();
      const { status, body, headers } = answer?.() ?? { status: 500, body: {}, headers: undefined };
      response.writeHead(status, headers).end(JSON.stringify(body));
    });
    await new Promise<void>((done) => server.listen(0, "127.0.0.1", done));
    base = `http://127.0.0.1:${(server.address() as AddressInfo).port}/v1`;
  });
  afterEach(() => {
    server.closeAllConnections();
    server.close();
  });
  const settings = () => ({ baseUrl: base, model: "m", apiKey: "k", retryBase: 1, retries: 2, maxTokens: 9 });
  const chatAnswer = (content: string) => () => ({
    status: 200,
    body: { choices: [{ message: { content } }], usage: { prompt_tokens: 3, completion_tokens: 4 } },
  });

  it("ask the Responses API", async () => {
    const output = [
      { type: "reasoning" },
      { type: "message", content: [{ type: "output_text", text: "hi" }] },
    ];
    const usage = { input_tokens: 1, output_tokens: 2, output_tokens_details: { reasoning_tokens: 1 } };
    answers = [() => ({ status: 200, body: { output, usage } })];
    const ask = createResponsesSampler({ ...settings(), reasoningEffort: "low" });
    expect(await ask([{ role: "user", content: "q" }])).toEqual({
      text: "hi",
      usage: { inputTokens: 1, outputTokens: 2, reasoningTokens: 1 },
      retries: 0,
    });
    expect(requests[0]).toMatchObject({
      path: "/v1/responses",
      key: "Bearer k",
      reasoning: { effort: "low" },
      max_output_tokens: 9,
    });
  });

  it("retry what may pass, honouring Retry-After, with a fresh prompt each time", async () => {
    answers = [
      () => ({ status: 429, body: {}, headers: { "retry-after": "0" } }),
      chatAnswer(""),
      chatAnswer("hi"),
    ];
    const ask = createChatCompletionsSampler(settings());
    expect(await ask([{ role: "user", content: "q" }])).toMatchObject({ text: "hi", retries: 2 });
    expect(requests.map((request) => (request["messages"] as unknown[]).length)).toEqual([1, 1, 1]);
  });

  it("give up after the last retry, and never retry a refusal", async () => {
    answers = [];
    await expect(createChatCompletionsSampler(settings())([])).rejects.toThrow(
      /HTTP status 500.*after 3 attempts/,
    );
    answers = [() => ({ status: 404, body: { error: "no model" } })];
    await expect(createChatCompletionsSampler(settings())([])).rejects.toThrow(SamplerRefused);
    answers = [() => ({ status: 400, body: {} })];
    expect(await createChatCompletionsSampler(settings())([])).toMatchObject({ badRequest: true });
  });
});

describe("writeOutputs", () => {
  it("writes files that cannot be broken by what models say", async () => {
    file("q.jsonl", '{"input":"a","ideal":"b"}');
    const nasty: Sampler = async () => ({
      text: '</pre><script>alert("x")</script>\u0000 ]]>',
      usage: {},
      retries: 0,
    });
    const run = await runEval(options("run", { sampler: nasty }));
    const out = join(folder, "run");
    const files = await writeOutputs(run, {
      out,
      stem: "org/m",
      formats: ["html", "json", "junit", "reference"],
    });
    expect(files.map((path) => path.slice(out.length + 1)).sort()).toEqual([
      "junit.xml",
      "org__m.html",
      "org__m.json",
      "org__m_allresults.json",
      "report.html",
      "summary.json",
    ]);
    for (const path of files.filter((name) => /html$/.test(name))) {
      expect(readFileSync(path, "utf8")).not.toContain("<script>alert");
    }
    expect(JSON.parse(readFileSync(join(out, "summary.json"), "utf8"))).toMatchObject({
      samples: 1,
      score: 0,
    });
  });
});
