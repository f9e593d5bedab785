// Traces as the real SDK of OpenTelemetry receives them: names and attributes of the GenAI conventions, parents across
// programs, no content unless asked for. Without a registered provider nothing is loaded.

import { createServer, type IncomingHttpHeaders, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { metrics, trace } from "@opentelemetry/api";
import {
  AggregationTemporality,
  InMemoryMetricExporter,
  MeterProvider,
  PeriodicExportingMetricReader,
} from "@opentelemetry/sdk-metrics";
import {
  BasicTracerProvider,
  InMemorySpanExporter,
  type ReadableSpan,
  SimpleSpanProcessor,
} from "@opentelemetry/sdk-trace-base";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { createEngine } from "../../../src/engines/index.ts";
import { createHarmonyProfile } from "../../../src/profiles/index.ts";
import { loadTracing } from "../../../src/server/observability/tracing.ts";
import { createServer as createTokenwire } from "../../../src/server/serve.ts";
import { defineTool } from "../../../src/tools/index.ts";
import { answerText, type Running, start, until } from "../support.ts";

const traceId = "0af7651916cd43dd8448eb211c80319c";
const parent = `00-${traceId}-b7ad6b7169203331-01`;

let spans: InMemorySpanExporter;
let meters: InMemoryMetricExporter;
let reader: PeriodicExportingMetricReader;
beforeEach(() => {
  spans = new InMemorySpanExporter();
  trace.setGlobalTracerProvider(
    new BasicTracerProvider({ spanProcessors: [new SimpleSpanProcessor(spans)] }),
  );
  meters = new InMemoryMetricExporter(AggregationTemporality.CUMULATIVE);
  reader = new PeriodicExportingMetricReader({ exporter: meters, exportIntervalMillis: 3_600_000 });
  metrics.setGlobalMeterProvider(new MeterProvider({ readers: [reader] }));
});
afterEach(async () => {
  await running?.server.close();
  trace.disable();
  metrics.disable();
  await reader.shutdown();
});

let running: Running | undefined;
const kinds = { internal: 0, server: 1, client: 2 };

async function ask(body: object, headers: Record<string, string> = {}, path = "/v1/chat/completions") {
  const response = await fetch(`${running!.url}${path}`, {
    method: "POST",
    headers: { "content-type": "application/json", ...headers },
    body: JSON.stringify({ model: "test-model", ...body }),
  });
  await response.text();
  return response;
}

async function spansOf(count: number): Promise<ReadableSpan[]> {
  await until(() => spans.getFinishedSpans().length >= count);
  return spans.getFinishedSpans();
}

const canary = { messages: [{ role: "user", content: "canary-prompt" }] };

describe("traces", () => {
  it("have a span of the request and one of the engine call, below what the client sent", async () => {
    running = await start({ emit: () => answerText("canary-answer") });
    await ask(
      { ...canary, stream: true, temperature: 0.5, max_tokens: 50, stop: ["zzz"], seed: 7 },
      { traceparent: parent, tracestate: "vendor=1" },
    );
    const [call, request] = (await spansOf(2)) as [ReadableSpan, ReadableSpan];
    expect(request.name).toBe("chat test-model");
    expect(request.kind).toBe(kinds.server);
    expect(request.spanContext().traceId).toBe(traceId);
    expect(request.parentSpanContext?.spanId).toBe("b7ad6b7169203331");
    expect(request.attributes).toMatchObject({
      "gen_ai.operation.name": "chat",
      "gen_ai.provider.name": "test",
      "gen_ai.request.model": "test-model",
      "gen_ai.response.model": "test-model",
      "gen_ai.request.temperature": 0.5,
      "gen_ai.request.max_tokens": 50,
      "gen_ai.request.seed": 7,
      "gen_ai.request.stop_sequences": ["zzz"],
      "gen_ai.request.stream": true,
      "gen_ai.response.finish_reasons": ["stop"],
      "gen_ai.output.type": "text",
      "http.route": "/v1/chat/completions",
      "http.response.status_code": 200,
      "server.address": "127.0.0.1",
    });
    expect(request.attributes["gen_ai.response.id"]).toMatch(/^chatcmpl-/);
    expect(request.attributes["gen_ai.usage.input_tokens"]).toBeGreaterThan(10);
    expect(request.attributes["gen_ai.usage.output_tokens"]).toBeGreaterThan(1);
    expect(request.attributes["gen_ai.response.time_to_first_chunk"]).toBeGreaterThan(0);
    expect(call.kind).toBe(kinds.client);
    expect(call.parentSpanContext?.spanId).toBe(request.spanContext().spanId);
    expect(call.attributes["gen_ai.response.finish_reasons"]).toEqual(["stop"]);
    expect(JSON.stringify([call.attributes, request.attributes])).not.toContain("canary");
    const sent = running.engine.requests[0]!.headers!;
    expect(sent["traceparent"]).toBe(`00-${traceId}-${call.spanContext().spanId}-01`);
    expect(sent["tracestate"]).toBe("vendor=1");
  });

  it("record prompts and answers only when asked", async () => {
    running = await start({ emit: () => answerText("canary-answer") }, { tracing: { content: true } });
    await ask(canary);
    const request = (await spansOf(2)).find((span) => span.kind === kinds.server)!;
    expect(JSON.parse(String(request.attributes["gen_ai.input.messages"]))).toEqual([
      { role: "user", parts: [{ type: "text", content: "canary-prompt" }] },
    ]);
    expect(JSON.parse(String(request.attributes["gen_ai.output.messages"]))).toEqual([
      { role: "assistant", parts: [{ type: "text", content: "canary-answer" }], finish_reason: "stop" },
    ]);
  });

  it("have a span of each tool that ran inside", async () => {
    const parameters = { type: "object", properties: {} };
    const clock = defineTool({ name: "clock", description: "Time", parameters, execute: () => "noon" });
    running = await start(
      {
        emit: (_request, call) =>
          call === 0
            ? "<|channel|>commentary to=functions.clock <|constrain|>json<|message|>{}<|call|>"
            : answerText("It is noon."),
      },
      { tools: { functions: { clock: () => clock } } },
    );
    await ask({ input: "What time is it?", tools: [{ type: "clock" }] }, {}, "/v1/responses");
    const all = await spansOf(4);
    const request = all.find((span) => span.kind === kinds.server)!;
    const tool = all.find((span) => span.kind === kinds.internal)!;
    expect(tool.name).toBe("execute_tool clock");
    expect(tool.attributes).toMatchObject({
      "gen_ai.operation.name": "execute_tool",
      "gen_ai.tool.name": "clock",
    });
    expect(tool.parentSpanContext?.spanId).toBe(request.spanContext().spanId);
    expect(all.filter((span) => span.kind === kinds.client)).toHaveLength(2);
    const page = await (await fetch(`${running.url}/metrics`)).text();
    expect(page).toMatch(/tokenwire_tool_calls_total\{kind="\w+",outcome="ok"\} 1/);
  });

  it("tell failures of the engine from mistakes of the client", async () => {
    running = await start({ emit: () => "", fail: { before: new Error("boom") } });
    expect((await ask(canary)).status).toBe(500);
    const [call, failed] = (await spansOf(2)) as [ReadableSpan, ReadableSpan];
    expect(failed.status.code).toBe(2);
    expect(call.status.code).toBe(2);
    spans.reset();
    expect((await ask({ messages: [] })).status).toBe(400);
    const [mistake] = (await spansOf(1)) as [ReadableSpan];
    expect(mistake.status.code).toBe(0);
    expect(mistake.attributes["error.type"]).toBeDefined();
    spans.reset();
    await fetch(`${running.url}/v1/models`);
    await fetch(`${running.url}/health`);
    expect(spans.getFinishedSpans()).toEqual([]);
  });

  it("come with the conventions' histograms", async () => {
    running = await start({ emit: () => answerText("one two three four") });
    await ask(canary);
    await spansOf(2);
    await reader.forceFlush();
    const recorded = meters
      .getMetrics()
      .flatMap((entry) => entry.scopeMetrics)
      .flatMap((entry) => entry.metrics);
    expect(recorded.map(({ descriptor }) => descriptor.name).sort()).toEqual([
      "gen_ai.client.token.usage",
      "gen_ai.server.request.duration",
      "gen_ai.server.time_per_output_token",
      "gen_ai.server.time_to_first_token",
    ]);
    const usage = recorded.find(({ descriptor }) => descriptor.name === "gen_ai.client.token.usage")!;
    expect(usage.dataPoints.map(({ attributes }) => attributes["gen_ai.token.type"]).sort()).toEqual([
      "input",
      "output",
    ]);
  });

  it("reach an engine behind HTTP", async () => {
    const seen: IncomingHttpHeaders[] = [];
    const upstream = await scriptedUpstream(seen);
    const { port } = upstream.address() as AddressInfo;
    const engine = createEngine({ kind: "vllm", url: `http://127.0.0.1:${port}`, model: "up" });
    const profile = createHarmonyProfile({ id: "test-model", contextLength: 4_096 });
    const server = await createTokenwire({ port: 0, models: [{ engine, profile }] });
    const url = await server.listen();
    await fetch(`${url}/v1/completions`, {
      method: "POST",
      headers: { "content-type": "application/json", traceparent: parent },
      body: JSON.stringify({ model: "test-model", prompt: "hi", max_tokens: 4 }),
    }).then((response) => response.text());
    await server.close();
    await engine.close();
    upstream.close();
    const sent = seen.map((headers) => headers["traceparent"]).filter((value) => value !== undefined);
    expect(sent.length).toBeGreaterThan(0);
    for (const value of sent) expect(value).toContain(traceId);
    running = undefined;
  });
});

/** Enough of a vLLM to be asked once; its answer does not matter. */
async function scriptedUpstream(seen: IncomingHttpHeaders[]): Promise<Server> {
  const server = createServer((request, response) => {
    if (request.method === "POST") seen.push(request.headers);
    response.setHeader("content-type", "application/json");
    response.end(
      request.url === "/v1/models"
        ? JSON.stringify({ object: "list", data: [{ id: "up", object: "model", max_model_len: 4_096 }] })
        : "{}",
    );
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return server;
}

describe("without a registered provider", () => {
  it("nothing is traced, and what a client sent is passed on", async () => {
    trace.disable();
    metrics.disable();
    expect(await loadTracing(undefined)).toBeUndefined();
    running = await start({ emit: () => answerText("x") });
    await ask(canary, { traceparent: parent });
    expect(running.engine.requests[0]!.headers).toEqual({ traceparent: parent });
    await ask(canary, { traceparent: "nonsense\u00e9" });
    expect(running.engine.requests[1]!.headers).toBeUndefined();
  });
});
