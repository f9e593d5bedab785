import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
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
