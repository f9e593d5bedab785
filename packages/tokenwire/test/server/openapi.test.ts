// The description of the API: complete, and made of the schemas that requests are checked with.

import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { answerText, type Running, start } from "./support.ts";

let running: Running;
// biome-ignore lint/suspicious/noExplicitAny: a document that is only looked into
let document: any;
beforeAll(async () => {
  running = await start({ emit: () => answerText("x") });
  document = await (await fetch(`${running.url}/openapi.json`)).json();
});
afterAll(() => running.server.close());

describe("/openapi.json", () => {
  it("lists every registered route with its need of a key", async () => {
    const { routes } = await import("../../src/server/routes/index.ts");
    const { toOpenApiPath } = await import("../../src/server/routes/openapi.ts");
    let listed = 0;
    for (const route of routes) {
      for (const path of [route.path, ...(route.aliases ?? [])]) {
        const operation = document.paths[toOpenApiPath(path)]?.[route.method.toLowerCase()];
        expect(operation, `${route.method} ${path}`).toBeDefined();
        expect(operation.security, path).toHaveLength(route.open === true ? 0 : 2);
        listed++;
      }
    }
    const operations = Object.values(
      document.paths as Record<string, Record<string, { operationId: string }>>,
    ).flatMap((entry) => Object.values(entry));
    expect(operations).toHaveLength(listed);
    expect(new Set(operations.map((entry) => entry.operationId)).size).toBe(listed);
  });

  it("describes bodies with the fields that are read", () => {
    const chat = document.paths["/v1/chat/completions"].post.requestBody.content["application/json"].schema;
    expect(chat.required).toEqual(expect.arrayContaining(["model", "messages"]));
    expect(chat.required).not.toContain("temperature");
    for (const field of ["messages", "tools", "tool_choice", "response_format", "temperature", "stream"]) {
      expect(chat.properties, field).toHaveProperty(field);
    }
    expect(document.paths["/v1/responses/{id}"].get.parameters[0].name).toBe("id");
  });
});
