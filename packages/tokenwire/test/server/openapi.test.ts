// The description of the API: complete, valid, made of the schemas that requests are checked with, and true: a real
// answer of every route is validated against it.

import { encodeCodecRequest } from "@tokenwire/core/codec";
import { Ajv2020, type ValidateFunction } from "ajv/dist/2020.js";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { createEngine } from "../../src/engines/index.ts";
import { type Server, serve } from "../../src/server/index.ts";
import { toOpenApiPath } from "../../src/server/openapi/document.ts";
import { operations } from "../../src/server/openapi/operations.ts";
import { routes } from "../../src/server/routes/index.ts";
import { harmony } from "./support.ts";

let server: Server;
let model: string;
// biome-ignore lint/suspicious/noExplicitAny: a document that is only looked into
let document: any;
let ajv: Ajv2020;
beforeAll(async () => {
  server = await serve(createEngine({ kind: "embedded", tokenizer: harmony }), { port: 0 });
  model = server.models[0]!.id;
  document = await (await fetch(`${server.url}/openapi.json`)).json();
  ajv = new Ajv2020({ strict: false, allErrors: true, validateFormats: false });
  ajv.addSchema({ $id: "api", ...document });
});
afterAll(() => server.close());

// biome-ignore lint/suspicious/noExplicitAny: the wire's JSON
type Json = any;

function validator(schema: { $ref?: string }): ValidateFunction {
  return ajv.compile(schema.$ref === undefined ? schema : { $ref: `api${schema.$ref}` });
}

interface Call {
  /** Method and path as registered, parameters filled in after a colon-free copy of it. */
  readonly operation: string;
  readonly path?: string;
  readonly body?: unknown;
  readonly status?: number;
  readonly headers?: Record<string, string>;
}

const seen = new Set<string>();

/** Calls a route and validates its answer against the document. */
async function call({ operation, path, body, status = 200, headers }: Call): Promise<Json> {
  seen.add(operation);
  const [method, template] = operation.split(" ") as [string, string];
  const response = await fetch(`${server.url}${path ?? template}`, {
    method,
    headers: { "content-type": "application/json", ...headers },
    ...(body !== undefined && {
      body: body instanceof Uint8Array ? (body as Uint8Array<ArrayBuffer>) : JSON.stringify(body),
    }),
  });
  const text = await response.text();
  expect(response.status, `${operation}: ${text.slice(0, 400)}`).toBe(status);
  const described = document.paths[toOpenApiPath(template)][method.toLowerCase()];
  const answer = described.responses[String(status)] ?? described.responses.default;
  const type = response.headers.get("content-type")!.split(";", 1)[0]!;
  expect(Object.keys(answer.content), operation).toContain(type);
  const content = answer.content[type];
  if (type === "text/event-stream") {
    const validate = validator(content["x-event-schema"]);
    const events = [...text.matchAll(/^data: (\{.*\})$/gm)].map((match) => JSON.parse(match[1]!) as Json);
    expect(events.length, operation).toBeGreaterThan(0);
    for (const event of events) expect(validate(event) ? [] : validate.errors, operation).toEqual([]);
    return events;
  }
  if (type !== "application/json") return text;
  const value = JSON.parse(text) as Json;
  const validate = validator(content.schema);
  expect(validate(value) ? [] : validate.errors, `${operation}: ${text.slice(0, 400)}`).toEqual([]);
  return value;
}

describe("/openapi.json", () => {
  it("lists every registered route with its need of a key, a summary and an answer", () => {
    let listed = 0;
    for (const route of routes) {
      expect(operations, `${route.method} ${route.path}`).toHaveProperty([`${route.method} ${route.path}`]);
      for (const path of [route.path, ...(route.aliases ?? [])]) {
        const operation = document.paths[toOpenApiPath(path)]?.[route.method.toLowerCase()];
        expect(operation, `${route.method} ${path}`).toBeDefined();
        expect(operation.security, path).toHaveLength(route.open === true ? 0 : 2);
        expect(operation.summary).toBeTruthy();
        listed++;
      }
    }
    expect(Object.keys(operations)).toHaveLength(routes.length);
    const all = Object.values(document.paths as Record<string, Record<string, Json>>).flatMap((entry) =>
      Object.values(entry),
    );
    expect(all).toHaveLength(listed);
    expect(new Set(all.map((entry) => entry.operationId)).size).toBe(listed);
  });

  it("describes bodies with the fields that are read, and queries", () => {
    const chat = document.paths["/v1/chat/completions"].post.requestBody.content["application/json"].schema;
    expect(chat.required).toEqual(expect.arrayContaining(["model", "messages"]));
    expect(chat.required).not.toContain("temperature");
    for (const field of ["messages", "tools", "tool_choice", "response_format", "temperature", "stream"]) {
      expect(chat.properties, field).toHaveProperty(field);
    }
    const parameters = document.paths["/v1/responses/{id}"].get.parameters as { name: string; in: string }[];
    expect(parameters.map((entry) => `${entry.in} ${entry.name}`)).toEqual([
      "path id",
      "query include",
      "query stream",
      "query starting_after",
      "query include_obfuscation",
    ]);
  });

  it("refers to nothing that it does not have", () => {
    const references = [...JSON.stringify(document).matchAll(/"\$ref":"#\/([^"]+)"/g)].map(
      (match) => match[1]!,
    );
    for (const reference of new Set(references)) {
      const target = reference.split("/").reduce((node: Json, key) => node?.[key], document);
      expect(target, reference).toBeDefined();
    }
    for (const name of Object.keys(document.components.schemas))
      validator({ $ref: `#/components/schemas/${name}` });
  });
});

describe("real answers keep to it", () => {
  const messages = [{ role: "user", content: "Hello" }];

  it("of chat, completions and messages", async () => {
    const chat = { model, messages, max_tokens: 20 };
    const made = await call({
      operation: "POST /v1/chat/completions",
      body: { ...chat, store: true, metadata: { a: "b" }, logprobs: true, top_logprobs: 2 },
    });
    await call({ operation: "POST /v1/chat/completions", body: { ...chat, stream: true, n: 2 } });
    await call({ operation: "POST /v1/chat/completions", body: { model }, status: 400 });
    await call({ operation: "GET /v1/chat/completions", path: "/v1/chat/completions?limit=2&order=desc" });
    const path = `/v1/chat/completions/${made.id}`;
    await call({ operation: "GET /v1/chat/completions/:id", path });
    await call({ operation: "GET /v1/chat/completions/:id/messages", path: `${path}/messages?limit=1` });
    await call({ operation: "POST /v1/chat/completions/:id", path, body: { metadata: { c: "d" } } });
    await call({ operation: "DELETE /v1/chat/completions/:id", path });
    const completion = { model, prompt: ["one", "two"], max_tokens: 5, logprobs: 1 };
    await call({ operation: "POST /v1/completions", body: completion });
    await call({ operation: "POST /v1/completions", body: { ...completion, stream: true } });
    await call({ operation: "POST /v1/messages", body: chat });
    await call({ operation: "POST /v1/messages", body: { ...chat, stream: true } });
    await call({ operation: "POST /v1/messages", body: { model, messages }, status: 400 });
    await call({ operation: "POST /v1/messages/count_tokens", body: { model, messages } });
  });

  it("of responses and conversations", async () => {
    const create = { model, input: "Hello", max_output_tokens: 20 };
    const response = await call({ operation: "POST /v1/responses", body: create });
    await call({ operation: "POST /v1/responses", body: { ...create, stream: true } });
    await call({ operation: "POST /v1/responses/input_tokens", body: { model, input: "Hello" } });
    await call({ operation: "POST /v1/responses/compact", body: { model, input: "Hello" } });
    const path = `/v1/responses/${response.id}`;
    await call({ operation: "GET /v1/responses/:id", path });
    await call({ operation: "GET /v1/responses/:id", path: `${path}?stream=true&starting_after=2` });
    await call({
      operation: "GET /v1/responses/:id/input_items",
      path: `${path}/input_items?limit=1&order=asc`,
    });
    const background = await call({ operation: "POST /v1/responses", body: { ...create, background: true } });
    await call({ operation: "POST /v1/responses/:id/cancel", path: `/v1/responses/${background.id}/cancel` });
    await call({ operation: "DELETE /v1/responses/:id", path });
    await call({ operation: "DELETE /v1/responses/:id", path, status: 404 });
    const conversation = await call({ operation: "POST /v1/conversations", body: { metadata: { a: "b" } } });
    const at = `/v1/conversations/${conversation.id}`;
    const items = [{ type: "message", role: "user", content: "Hi" }];
    const added = await call({
      operation: "POST /v1/conversations/:id/items",
      path: `${at}/items`,
      body: { items },
    });
    await call({ operation: "GET /v1/conversations/:id", path: at });
    await call({ operation: "POST /v1/conversations/:id", path: at, body: { metadata: {} } });
    await call({ operation: "GET /v1/conversations/:id/items", path: `${at}/items?limit=5` });
    const item = `${at}/items/${added.data[0].id}`;
    await call({ operation: "GET /v1/conversations/:id/items/:item", path: item });
    await call({ operation: "DELETE /v1/conversations/:id/items/:item", path: item });
    await call({ operation: "DELETE /v1/conversations/:id", path: at });
  });

  it("of tokens, parsers, embeddings and codec", async () => {
    const chat = { model, messages, max_tokens: 5 };
    const rendered = await call({ operation: "POST /v1/chat/completions/render", body: chat });
    await call({ operation: "POST /v1/completions/render", body: { model, prompt: ["a", "b"] } });
    await call({ operation: "POST /v1/messages/render", body: chat });
    const generated = await call({
      operation: "POST /inference/v1/generate",
      body: { ...rendered, stream: false },
    });
    await call({ operation: "POST /inference/v1/generate", body: { ...rendered, stream: true } });
    await call({
      operation: "POST /v1/chat/completions/derender",
      body: { generate_response: generated, chat_request: chat, prompt_token_ids: rendered.token_ids },
    });
    await call({
      operation: "POST /v1/completions/derender",
      body: { model, generate_responses: [generated] },
    });
    const { tokens } = await call({ operation: "POST /tokenize", body: { model, prompt: "Hello world" } });
    await call({ operation: "POST /tokenize", body: { model, prompt: ["a", "b"] } });
    await call({ operation: "POST /tokenize", body: { model, content: "a b", with_pieces: true } });
    await call({ operation: "POST /detokenize", body: { model, tokens } });
    await call({ operation: "POST /detokenize", body: { model, tokens: [tokens, tokens] } });
    await call({ operation: "POST /apply-template", body: { model, messages } });
    await call({
      operation: "POST /v1/parse/function_call",
      body: {
        text: '<tool_call>{"name": "f", "arguments": {}}</tool_call>',
        tool_call_parser: "hermes",
        tools: [{ type: "function", function: { name: "f" } }],
      },
    });
    await call({
      operation: "POST /v1/parse/reasoning",
      body: { text: "<think>a</think>b", reasoning_parser: "deepseek_r1" },
    });
    for (const encoding_format of ["float", "base64"]) {
      await call({ operation: "POST /v1/embeddings", body: { model, input: ["a", "b"], encoding_format } });
    }
    await call({
      operation: "POST /v1/completions/codec",
      body: encodeCodecRequest({ promptIds: tokens, maxTokens: 3, streamFormat: "msgpack" }, "msgpack"),
      headers: { "content-type": "application/x-msgpack" },
    });
    await call({ operation: "GET /codec/schema" });
    await call({ operation: "GET /codec/version" });
    await call({ operation: "GET /.well-known/codec/*", path: "/.well-known/codec/index.json" });
  });

  it("of what runs here", async () => {
    await call({ operation: "GET /v1/models" });
    await call({ operation: "GET /v1/models", headers: { "anthropic-version": "2023-06-01" } });
    await call({ operation: "GET /v1/models/*", path: `/v1/models/${model}` });
    await call({ operation: "GET /v1/models/*", path: "/v1/models/none", status: 404 });
    for (const operation of ["POST /v1/rerank", "POST /v1/classify"]) {
      await call({ operation, body: { model, query: "a", documents: ["b"] }, status: 400 });
    }
    for (const path of [
      "/metrics",
      "/version",
      "/load",
      "/server_info",
      "/health",
      "/health_generate",
      "/ready",
      "/openapi.json",
    ]) {
      await call({ operation: `GET ${path}` });
    }
  });

  it("of every route there is", () => {
    expect([...seen].sort()).toEqual(Object.keys(operations).sort());
  });
});
