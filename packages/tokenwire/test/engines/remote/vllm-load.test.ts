import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { describe, expect, it } from "vitest";
import { createEngine } from "../../../src/engines/index.ts";
import { readVllmLoad } from "../../../src/engines/remote/vllm-load.ts";

const page = `# HELP vllm:num_requests_running Number of requests in model execution batches.
# TYPE vllm:num_requests_running gauge
vllm:num_requests_running{engine="0",model_name="a {b} c"} 2.0
vllm:num_requests_running{engine="1",model_name="a {b} c"} 3.0
vllm:num_requests_waiting{engine="0",model_name="a {b} c"} 1.0
vllm:num_requests_waiting_by_reason{engine="0",reason="capacity"} 7.0
vllm:num_requests_waiting{engine="1",model_name="a {b} c"} 0.0
vllm:kv_cache_usage_perc{engine="0",model_name="a {b} c"} 0.25
vllm:kv_cache_usage_perc{engine="1",model_name="a {b} c"} 7.5e-1
`;

describe("the load of a vLLM", () => {
  it("is summed over its engines, the use of their caches averaged", () => {
    expect(readVllmLoad(page)).toEqual({ running: 5, waiting: 1, kvUsage: 0.5 });
  });

  it("is read under older names and without labels, as far as it is told", () => {
    const counts = "vllm:num_requests_running 4\nvllm:num_requests_waiting 0";
    expect(readVllmLoad(counts)).toEqual({ running: 4, waiting: 0 });
    const older = `${counts}\nvllm:gpu_cache_usage_perc{model_name="m"} 0.5\n`;
    expect(readVllmLoad(older)).toEqual({ running: 4, waiting: 0, kvUsage: 0.5 });
    expect(() => readVllmLoad("vllm:num_requests_running 4")).toThrow(/do not tell its load/);
    expect(() => readVllmLoad("<html>")).toThrow(expect.objectContaining({ code: "unsupported" }));
  });

  it("is asked of the server, also of one that is found by its address", async () => {
    const server = createServer((incoming, response) => {
      const isModels = incoming.url === "/v1/models";
      const answer = isModels
        ? JSON.stringify({ data: [{ id: "m", owned_by: "vllm", max_model_len: 100 }] })
        : page;
      response.statusCode = isModels || incoming.url === "/metrics" ? 200 : 404;
      response.end(answer);
    });
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
    for (const engine of [`vllm:${url}`, `vllm-completions:${url}`, url].map((spec) => createEngine(spec))) {
      expect(await engine.load?.()).toEqual({ running: 5, waiting: 1, kvUsage: 0.5 });
      await engine.close();
    }
    server.close();
  });
});
