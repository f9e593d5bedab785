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
