// The OpenAPI 3.1 document of this server: every route with its query, the schema that its body is checked with, what it
// answers and how it streams.

import { z } from "zod";
import type { Route } from "../context.ts";
import { schemas } from "./answers.ts";
import { type Operation, operations } from "./operations.ts";

type Json = Readonly<Record<string, unknown>>;

const errorSchema: Json = {
  type: "object",
  required: ["error"],
  properties: {
    error: {
      type: "object",
      required: ["message", "type"],
      properties: {
        message: { type: "string" },
        type: { type: "string" },
        param: { type: ["string", "null"] },
        code: { type: ["string", "null"] },
      },
    },
  },
};

/** Fastify's notation of a path in OpenAPI's: `/v1/models/*` is `/v1/models/{path}`. */
export function toOpenApiPath(path: string): string {
  return path.replace(/:([A-Za-z]+)/g, "{$1}").replace("*", "{path}");
}

/** A stable name: `post_v1_chat_completions`. */
function operationId(method: string, path: string): string {
  return `${method.toLowerCase()}_${path.replace(/[^A-Za-z0-9]+/g, "_").replace(/^_|_$/g, "")}`;
}

function toJsonSchema(schema: z.ZodType, io: "input" | "output"): Json {
  const described = z.toJSONSchema(schema, { io, unrepresentable: "any", target: "draft-2020-12" });
  const { $schema: _dialect, ...json } = described;
  return json;
}

const reference = (name: string): Json => ({ $ref: `#/components/schemas/${name}` });

function answerOf({ answer, events }: Operation): Json {
  if (answer.includes("/")) return { description: "The answer.", content: { [answer]: {} } };
  return {
    description: events === undefined ? "The answer." : "The answer, or with `stream` its events.",
    content: {
      "application/json": { schema: reference(answer) },
      ...(events !== undefined && {
        "text/event-stream": {
          schema: {
            type: "string",
            description: "Server-sent events; `data` is JSON, and `[DONE]` at the end.",
          },
          "x-event-schema": reference(events),
        },
      }),
    },
  };
}

function describeOperation(route: Route, path: string): Json {
  const described = operations[`${route.method} ${route.path}`];
  const names = [...toOpenApiPath(path).matchAll(/\{(\w+)\}/g)].map((match) => match[1]!);
  const parameters = [
    ...names.map((name) => ({ name, in: "path", required: true, schema: { type: "string" } })),
    ...(described?.query ?? []).map((parameter) => ({ ...parameter, in: "query" })),
  ];
  return {
    operationId: operationId(route.method, toOpenApiPath(path)),
    ...(described && { summary: described.summary }),
    ...(parameters.length > 0 && { parameters }),
    ...(route.schema && {
      requestBody: {
        required: true,
        content: { "application/json": { schema: toJsonSchema(route.schema, "input") } },
      },
    }),
    responses: {
      "200": described ? answerOf(described) : { description: "The answer." },
      default: {
        description: "What was wrong, at which field, and what is accepted.",
        content: { "application/json": { schema: reference("Error") } },
      },
    },
    security: route.open === true ? [] : [{ bearer: [] }, { apiKey: [] }],
  };
}

/** The OpenAPI 3.1 document of the routes, aliases included. */
export function describeRoutes(routes: readonly Route[]): object {
  const paths: Record<string, Record<string, Json>> = {};
  for (const route of routes) {
    for (const path of [route.path, ...(route.aliases ?? [])]) {
      const name = toOpenApiPath(path);
      paths[name] = { ...paths[name], [route.method.toLowerCase()]: describeOperation(route, path) };
    }
  }
  const named = Object.entries(schemas).map(([name, schema]) => [name, toJsonSchema(schema, "output")]);
  return {
    openapi: "3.1.0",
    info: {
      title: "tokenwire",
      version: "1",
      description: "An OpenAI-compatible server of language models.",
    },
    paths,
    components: {
      schemas: { ...Object.fromEntries(named), Error: errorSchema },
      securitySchemes: {
        bearer: { type: "http", scheme: "bearer" },
        apiKey: { type: "apiKey", in: "header", name: "X-Api-Key" },
      },
    },
  };
}
