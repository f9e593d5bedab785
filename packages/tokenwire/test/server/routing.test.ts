// Headers by which clients choose among several engines, over real HTTP and on every route that generates: who is heard,
// what is refused and how, and what an operator sees of it.

import { afterEach, describe, expect, it } from "vitest";
import { WebSocket } from "ws";
import {
  type BalancedEngine,
  type BalancedEngineOptions,
  createBalancedEngine,
} from "../../src/engines/index.ts";
import { createHarmonyProfile } from "../../src/profiles/index.ts";
import { createServer, type Server, type ServerOptions, toSettings } from "../../src/server/index.ts";
import { makeCertificate } from "./certificate.ts";
import { answerText, TestEngine } from "./support.ts";

class NamedEngine extends TestEngine {
  override readonly id: "test";
  constructor(id: string) {
    super({ emit: () => answerText("Hello") });
    this.id = id as "test";
  }
}

interface Fleet {
  readonly url: string;
  readonly engine: BalancedEngine;
  readonly workers: readonly NamedEngine[];
}

const key = "secret";
const authorized = { authorization: `Bearer ${key}` };
const open: (Server | BalancedEngine)[] = [];
afterEach(async () => {
  for (const each of open.splice(0).reverse()) await each.close();
});

async function fleet(
  balance: Partial<BalancedEngineOptions> = {},
  options: Partial<ServerOptions> = { apiKeys: [key] },
): Promise<Fleet> {
  const workers = ["a", "b", "c"].map((name) => new NamedEngine(name));
  const engine = createBalancedEngine({ engines: workers, probeInterval: 0, ...balance });
  const profile = createHarmonyProfile({ id: "m", contextLength: 4_096 });
  const server = await createServer({ port: 0, models: [{ engine, profile }], ...options });
  open.push(engine, server);
  return { url: await server.listen(), engine, workers };
}

type Routes = Readonly<Record<string, (stream: boolean) => object>>;

const messages = [{ role: "user", content: "Hi" }];
const routes: Routes = {
  "/v1/chat/completions": (stream) => ({ model: "m", messages, stream }),
  "/v1/completions": (stream) => ({ model: "m", prompt: "Hi", stream }),
  "/v1/responses": (stream) => ({ model: "m", input: "Hi", stream }),
  "/v1/messages": (stream) => ({ model: "m", messages, max_tokens: 64, stream }),
  "/inference/v1/generate": (stream) => ({
    model: "m",
    token_ids: [13],
    sampling_params: { max_tokens: 64 },
    stream,
  }),
};

interface Asked {
  readonly path?: string;
  readonly body?: object;
  readonly headers?: Record<string, string>;
}

async function ask({ url }: Pick<Fleet, "url">, { path = "/v1/chat/completions", body, headers }: Asked) {
  const response = await fetch(`${url}${path}`, {
    method: "POST",
    headers: { "content-type": "application/json", ...authorized, ...headers },
    body: JSON.stringify(body ?? routes[path]!(false)),
  });
  return { status: response.status, headers: response.headers, text: await response.text() };
}

const counts = ({ workers }: Fleet): number[] => workers.map(({ requests }) => requests.length);

describe("the header that names a worker", () => {
  for (const [path, bodyOf] of Object.entries(routes)) {
    for (const stream of [false, true]) {
      const asked = { path, body: bodyOf(stream) };
      describe(`at ${path}${stream ? ", streamed" : ""}`, () => {
        it("decides who answers, under both names", async () => {
          const running = await fleet({ policy: "round-robin" });
          for (const name of ["x-tokenwire-target-worker", "X-SMG-Target-Worker"]) {
            const { status } = await ask(running, { ...asked, headers: { [name]: "b" } });
            expect(status).toBe(200);
          }
          expect(counts(running)).toEqual([0, 2, 0]);
          expect(running.workers[1]!.requests[0]!.routing).toEqual({ worker: "b" });
        });

        it("is answered with 404 where no worker has this name, and with 503 while it cannot work", async () => {
          const running = await fleet();
          const headers = { "x-tokenwire-target-worker": "z" };
          const unknown = await ask(running, { ...asked, headers });
          expect(unknown.status).toBe(404);
          expect(unknown.text).toContain('There is no worker \\"z\\".');
          running.engine.drain("c");
          const sick = await ask(running, { ...asked, headers: { "x-smg-target-worker": "c" } });
          expect(sick.status).toBe(503);
          expect(sick.text).toContain("cannot take requests now");
          expect(counts(running)).toEqual([0, 0, 0]);
        });
      });
    }
  }

  it("has errors in the shape of all others", async () => {
    const headers = { "x-tokenwire-target-worker": "z" };
    const ours = await ask(await fleet(), { headers });
    expect(JSON.parse(ours.text)).toEqual({
      error: {
        message: 'There is no worker "z".',
        type: "invalid_request_error",
        param: "X-Tokenwire-Target-Worker",
        code: "worker_not_found",
      },
    });
  });

  it("lets others stand in where the operator wants it", async () => {
    const running = await fleet({ pinFallback: true });
    running.engine.drain("a");
    const { status } = await ask(running, { headers: { "x-tokenwire-target-worker": "a" } });
    expect(status).toBe(200);
    expect(counts(running)[0]).toBe(0);
  });

  it("finds no worker where there is a single engine", async () => {
    const engine = new NamedEngine("a");
    const server = await createServer({ port: 0, apiKeys: [key], models: [{ engine }] });
    open.push(server);
    const url = await server.listen();
    for (const path of ["/v1/chat/completions", "/inference/v1/generate"]) {
      const body = { ...routes[path]!(true), model: "test-model" };
      const asked = { path, body, headers: { "x-smg-target-worker": "a" } };
      expect(await ask({ url }, asked)).toMatchObject({ status: 404 });
      expect(await ask({ url }, { path, body, headers: { "x-smg-routing-key": "a" } })).toMatchObject({
        status: 200,
      });
    }
  });

  it("counts for every choice of a request, and for each round of a response over a socket", async () => {
    const running = await fleet({ policy: "round-robin" });
    const headers = { "x-tokenwire-target-worker": "c" };
    await ask(running, { body: { ...routes["/v1/chat/completions"]!(false), n: 3 }, headers });
    expect(counts(running)).toEqual([0, 0, 3]);
    const socket = new WebSocket(`${running.url.replace("http", "ws")}/v1/responses`, {
      headers: { ...authorized, ...headers },
    });
    await new Promise((resolve) => socket.once("open", resolve));
    socket.send(JSON.stringify({ type: "response.create", model: "m", input: "Hi" }));
    await new Promise<void>((resolve) => {
      socket.on("message", (data) => {
        if (String(data).includes('"response.completed"')) resolve();
      });
    });
    socket.terminate();
    expect(counts(running)).toEqual([0, 0, 4]);
  });
});

describe("the header with a routing key", () => {
  it("keeps requests together", async () => {
    for (const policy of ["prefix", "round-robin", "consistent-hashing"] as const) {
      const running = await fleet({ policy });
      for (const [path, bodyOf] of Object.entries(routes)) {
        await ask(running, { path, body: bodyOf(true), headers: { "x-smg-routing-key": "conversation 7" } });
      }
      expect(counts(running).sort()).toEqual([0, 0, 5]);
    }
  });

  it("comes before what the body says of its user, which decides alone otherwise", async () => {
    const running = await fleet({ policy: "consistent-hashing" });
    const owners = async (asked: (name: string) => Asked) => {
      const chosen: number[] = [];
      for (let index = 0; index < 12; index += 1) {
        const before = counts(running);
        expect((await ask(running, asked(`user-${index}`))).status).toBe(200);
        chosen.push(counts(running).findIndex((count, worker) => count > before[worker]!));
      }
      return chosen;
    };
    const byHeader = await owners((name) => ({ headers: { "x-tokenwire-routing-key": name } }));
    expect(new Set(byHeader).size).toBe(3);
    const bodies: Readonly<Record<string, (name: string) => object>> = {
      user: (user) => ({ ...routes["/v1/chat/completions"]!(false), user }),
      prompt_cache_key: (name) => ({
        ...routes["/v1/chat/completions"]!(false),
        prompt_cache_key: name,
        user: "x",
      }),
    };
    for (const bodyOf of Object.values(bodies)) {
      expect(await owners((name) => ({ body: bodyOf(name) }))).toEqual(byHeader);
    }
    const path = "/v1/messages";
    expect(
      await owners((user_id) => ({ path, body: { ...routes[path]!(false), metadata: { user_id } } })),
    ).toEqual(byHeader);
    const both = await owners((name) => ({
      body: bodies["user"]!("someone"),
      headers: { "x-tokenwire-routing-key": name },
    }));
    expect(both).toEqual(byHeader);
  });
});

describe("values of the headers", () => {
  it("are bounded and printable, and the error names the header", async () => {
    const running = await fleet();
    const names = [
      "X-Tokenwire-Routing-Key",
      "X-SMG-Routing-Key",
      "X-Tokenwire-Target-Worker",
      "X-SMG-Target-Worker",
    ];
    for (const name of names) {
      for (const value of ["x".repeat(513), "caf\u00e9", "a\tb", ""]) {
        const { status, text } = await ask(running, { headers: { [name]: value } });
        expect(status).toBe(400);
        expect(JSON.parse(text).error).toMatchObject({
          param: name,
          message: `${name}: expected 1 to 512 printable ASCII characters.`,
        });
      }
    }
    const longest = { "x-smg-routing-key": "x y".padEnd(512, "z") };
    expect(await ask(running, { headers: longest })).toMatchObject({ status: 200 });
    expect(counts(running).reduce((sum, count) => sum + count)).toBe(1);
  });

  it("are ours before SMG's", async () => {
    const running = await fleet();
    const headers = { "x-smg-target-worker": "a", "x-tokenwire-target-worker": "b" };
    await ask(running, { headers });
    expect(counts(running)).toEqual([0, 1, 0]);
  });
});

describe("who is heard", () => {
  const headers = { "x-smg-target-worker": "nobody" };
  const status = async (options: Partial<ServerOptions>) => {
    const running = await fleet({}, options);
    return (await ask(running, { headers })).status;
  };

  it("is who has shown a key, or whom the program's own function knows", async () => {
    expect(await status({ apiKeys: [key] })).toBe(404);
    expect(await status({ authenticate: () => "somebody" })).toBe(404);
    const running = await fleet();
    const wrong = await ask(running, { headers: { ...headers, authorization: "Bearer wrong" } });
    expect(wrong.status).toBe(401);
  });

  it("is nobody where everybody may ask, unless the operator says so", async () => {
    expect(await status({})).toBe(200);
    expect(await status({ apiKeys: [] })).toBe(200);
    expect(await status({ routingHeaders: "all" })).toBe(404);
    expect(await status({ apiKeys: [key], routingHeaders: "none" })).toBe(200);
    const ignored = await fleet({}, {});
    const odd = { "x-smg-routing-key": "x".repeat(600) };
    expect(await ask(ignored, { headers: odd })).toMatchObject({ status: 200 });
    const [request] = ignored.workers.flatMap(({ requests }) => requests);
    expect(request!.routing).toBeUndefined();
  });

  it("is who has shown a certificate", async () => {
    const { cert, key: own } = makeCertificate({ name: "client" });
    expect(toSettings({ tls: { cert, key: own } }).hearsRouting).toBe(false);
    expect(toSettings({ tls: { cert, key: own, clientCa: cert } }).hearsRouting).toBe(true);
  });
});

describe("what an operator sees", () => {
  it("is how requests were spread, by policy and reason, and how each worker is", async () => {
    const running = await fleet({ policy: "power_of_two" });
    await ask(running, { headers: { "x-smg-target-worker": "a" } });
    await ask(running, {});
    running.engine.drain("b");
    const get = async (path: string) =>
      (await fetch(`${running.url}${path}`, { headers: authorized })).text();
    const page = await get("/metrics");
    expect(page).toContain(
      'tokenwire_routing_choices_total{model="m",policy="power-of-two",reason="pinned"} 1',
    );
    expect(page).toContain(
      'tokenwire_routing_choices_total{model="m",policy="power-of-two",reason="load"} 1',
    );
    expect(page).toContain('tokenwire_routing_retries_total{model="m"} 0');
    expect(page).toMatch(/tokenwire_worker_requests_total\{model="m",worker="a"\} [12]/);
    expect(page).toContain('tokenwire_worker_failures_total{model="m",worker="a"} 0');
    expect(page).toContain('tokenwire_worker_requests_running{model="m",worker="c"} 0');
    expect(page).toContain('tokenwire_worker_healthy{model="m",worker="c"} 1');
    expect(page).toContain('tokenwire_worker_breaker_state{model="m",worker="c",state="closed"} 1');
    expect(page).toContain('tokenwire_worker_breaker_state{model="m",worker="c",state="open"} 0');
    expect(page).toContain("# TYPE tokenwire_worker_requests_total counter");
    // Read again, nothing is counted twice.
    expect(await get("/metrics")).toContain('policy="power-of-two",reason="pinned"} 1');
    const { workers } = JSON.parse(await get("/load"));
    expect(workers).toHaveLength(3);
    expect(workers[1]).toEqual({
      model: "m",
      worker: "b",
      running: 0,
      healthy: true,
      draining: true,
      breaker: "closed",
    });
  });

  it("is nothing of workers where there is a single engine", async () => {
    const server = await createServer({ port: 0, models: [{ engine: new NamedEngine("a") }] });
    open.push(server);
    const url = await server.listen();
    expect(await (await fetch(`${url}/metrics`)).text()).not.toContain("tokenwire_worker");
    expect(await (await fetch(`${url}/load`)).json()).toEqual({ running: 0, waiting: 0, in_flight: 1 });
  });
});
