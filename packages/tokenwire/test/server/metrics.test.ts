import { createServer } from "node:http";
import { type AddressInfo, connect } from "node:net";
import { setTimeout as delay } from "node:timers/promises";
import { pino } from "pino";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { answerText, type Running, start } from "./support.ts";

const logged: string[] = [];
let running: Running;
beforeAll(async () => {
  const logger = pino({ level: "debug" }, { write: (line: string) => logged.push(line) });
  running = await start({ emit: () => answerText("canary-answer") }, { logger, apiKeys: ["canary-key"] });
});
afterAll(() => running.server.close());

const headers = { "content-type": "application/json", authorization: "Bearer canary-key" };

describe("metrics", () => {
  it("count requests, tokens and errors under bounded labels", async () => {
    const body = JSON.stringify({
      model: "test-model",
      stream: true,
      messages: [{ role: "user", content: "canary-prompt" }],
    });
    await (await fetch(`${running.url}/v1/chat/completions`, { method: "POST", headers, body })).text();
    await (await fetch(`${running.url}/v1/chat/completions`, { method: "POST", headers, body: "{" })).text();
    await (await fetch(`${running.url}/v1/unknown/canary-path`, { headers })).text();
    await (await fetch(`${running.url}/v1/responses/resp_canary`, { headers })).text();
    const page = await (await fetch(`${running.url}/metrics`, { headers })).text();
    expect(page).toContain(
      'tokenwire_http_requests_total{route="/v1/chat/completions",method="POST",status="200"} 1',
    );
    expect(page).toContain(
      'tokenwire_http_requests_total{route="/v1/responses/:id",method="GET",status="404"} 1',
    );
    expect(page).toContain('tokenwire_http_requests_total{route="unknown",method="GET",status="404"} 1');
    expect(page).toMatch(/tokenwire_generation_tokens_total\{model="test-model"\} [1-9]/);
    expect(page).toContain('tokenwire_requests_finished_total{model="test-model",finish_reason="stop"} 1');
    expect(page).toContain('tokenwire_request_errors_total{code="json_parse_error"} 1');
    expect(page).toContain("tokenwire_streams_active 0");
    expect(page).toContain('tokenwire_store_operations_total{operation="getResponse",outcome="ok"} 1');
    expect(page).toContain('tokenwire_store_operation_duration_seconds_count{operation="getResponse"} 1');
    expect(page).not.toContain("canary");
  });

  it("cover requests, streams, parsers, tools and the store", async () => {
    const pageNow = async () => (await fetch(`${running.url}/metrics`, { headers })).text();
    let page = await pageNow();
    const names = [
      ...["requests_total", "request_duration_seconds", "connections_active"].map((name) => `http_${name}`),
      ...["running", "waiting", "finished_total"].map((name) => `requests_${name}`),
      ...["duration_seconds", "queue_time_seconds", "errors_total"].map((name) => `request_${name}`),
      ...["time_to_first_token_seconds", "inter_token_latency_seconds", "stage_duration_seconds"],
      ...["prompt", "generation", "cached", "reasoning"].map((name) => `${name}_tokens_total`),
      ...["aborts_total", "parser_fallbacks_total", "rate_limited_total"],
      ...["streams_active", "stream_buffered_bytes", "event_loop_delay_seconds"],
      ...["mcp_tool_calls_total", "mcp_tool_duration_seconds"],
      ...["store_operations_total", "store_operation_duration_seconds", "store_items"],
    ];
    const missing = names.filter((name) => !page.includes(`# TYPE tokenwire_${name} `));
    expect(missing).toEqual([]);
    const completion = JSON.stringify({ model: "test-model", prompt: "x", max_tokens: 1 });
    await (
      await fetch(`${running.url}/v1/completions`, { method: "POST", headers, body: completion })
    ).text();
    page = await pageNow();
    for (const stage of ["parse", "render", "tokenize", "queue", "ttft", "store"]) {
      expect(page).toMatch(new RegExp(`stage_duration_seconds_count\\{stage="${stage}"\\} [1-9]`));
    }
    expect(page).toMatch(/tokenwire_event_loop_delay_seconds\{quantile="0.99"\} \d/);
  });

  it("tell how much readers have not taken, and what is kept", async () => {
    const { server, url } = await start({ emit: () => answerText("x"), endless: true });
    const conversation = { method: "POST", headers: { "content-type": "application/json" }, body: "{}" };
    await (await fetch(`${url}/v1/conversations`, conversation)).text();
    const body = JSON.stringify({
      model: "test-model",
      stream: true,
      messages: [{ role: "user", content: "x" }],
    });
    const { hostname, port } = new URL(url);
    const socket = connect(Number(port), hostname);
    socket.write(
      `POST /v1/chat/completions HTTP/1.1\r\nhost: ${hostname}\r\ncontent-type: application/json\r\ncontent-length: ${body.length}\r\n\r\n${body}`,
    );
    socket.pause();
    const gauge = async (name: string): Promise<number> => {
      const page = await (await fetch(`${url}/metrics`)).text();
      return Number(new RegExp(`^tokenwire_${name} (\\d+)$`, "m").exec(page)?.[1]);
    };
    let buffered = 0;
    for (let tries = 0; tries < 500 && buffered === 0; tries++) {
      await delay(20);
      buffered = await gauge("stream_buffered_bytes");
    }
    expect(buffered).toBeGreaterThan(0);
    expect(await gauge("streams_active")).toBe(1);
    expect(await gauge("store_items")).toBe(1);
    socket.destroy();
    await server.close();
  });

  it("leave prompts, answers and keys out of the log", () => {
    const log = logged.join("");
    expect(log).toContain('"route":"/v1/chat/completions"');
    expect(log).not.toContain("canary");
  });

  it("come with information about what runs", async () => {
    const info = (await (await fetch(`${running.url}/server_info`, { headers })).json()) as {
      models: { tool_parser: string }[];
    };
    expect(info.models[0]!.tool_parser).toBe("harmony");
    expect(JSON.stringify(info)).not.toContain("canary");
    expect(await (await fetch(`${running.url}/version`, { headers })).json()).toEqual({
      version: expect.any(String),
    });
  });
});

describe("metrics elsewhere", () => {
  it("are counted under vLLM's names too, and served on a port of their own without a key", async () => {
    const probe = createServer();
    await new Promise<void>((resolve) => probe.listen(0, "127.0.0.1", resolve));
    const { port } = probe.address() as AddressInfo;
    await new Promise((resolve) => probe.close(resolve));
    const own = await start(
      { emit: () => answerText("one two three") },
      { apiKeys: ["key"], metricsPort: port, metricsCompat: "vllm" },
    );
    try {
      const response = await fetch(`${own.url}/v1/chat/completions`, {
        method: "POST",
        headers: { "content-type": "application/json", "x-api-key": "key" },
        body: JSON.stringify({ model: "test-model", messages: [{ role: "user", content: "hi" }] }),
      });
      expect(response.status).toBe(200);
      expect((await fetch(`${own.url}/metrics`)).status).toBe(401);
      const page = await (await fetch(`http://127.0.0.1:${port}/metrics`)).text();
      for (const name of [
        'num_requests_running{model_name="test-model"} 0',
        'num_requests_waiting{model_name="test-model"} 0',
        'request_success_total{model_name="test-model",finished_reason="stop"} 1',
        'time_to_first_token_seconds_count{model_name="test-model"} 1',
        'inter_token_latency_seconds_count{model_name="test-model"} 1',
        'e2e_request_latency_seconds_count{model_name="test-model"} 1',
        'request_prefill_time_seconds_count{model_name="test-model"} 1',
        'request_decode_time_seconds_count{model_name="test-model"} 1',
        'request_prompt_tokens_count{model_name="test-model"} 1',
        'request_generation_tokens_count{model_name="test-model"} 1',
        'request_queue_time_seconds_count{model_name="test-model"} 1',
      ]) {
        expect(page).toContain(`vllm:${name}`);
      }
      expect(page).toMatch(/vllm:prompt_tokens_total\{model_name="test-model"\} [1-9]/);
      expect(page).toMatch(/vllm:generation_tokens_total\{model_name="test-model"\} [1-9]/);
      expect(page).toContain("vllm:kv_cache_usage_perc");
      expect(page).toMatch(/tokenwire_http_connections_active [1-9]/);
      expect((await fetch(`http://127.0.0.1:${port}/v1/models`)).status).toBe(404);
    } finally {
      await own.server.close();
    }
    await expect(fetch(`http://127.0.0.1:${port}/metrics`)).rejects.toThrow();
  });
});
