// `GET /openapi.json`: every route of this server, with the schemas that the request bodies are checked with. Answers
// and streams are described in the reference; generators of clients get the requests from here.

import { z } from "zod";
import type { Route } from "../context.ts";

type Json = Readonly<Record<string, unknown>>;

const errorAnswer: Json = {
  description: "What was wrong, at which field, and what is accepted.",
  content: {
    "application/json": {
      schema: {
        type: "object",
        required: ["error"],
        properties: {
          error: {
            type: "object",
            required: ["message", "type", "param", "code"],
            properties: {
              message: { type: "string" },
              type: { type: "string" },
              param: { type: ["string", "null"] },
              code: { type: ["string", "null"] },
            },
          },
        },
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

function bodyOf(schema: z.ZodType): Json {
  const described = z.toJSONSchema(schema, { io: "input", unrepresentable: "any", target: "draft-2020-12" });
  const { $schema: _dialect, ...json } = described;
  return { required: true, content: { "application/json": { schema: json } } };
}

function operation(route: Route, path: string): Json {
  const names = [...toOpenApiPath(path).matchAll(/\{(\w+)\}/g)].map((match) => match[1]!);
  return {
    operationId: operationId(route.method, toOpenApiPath(path)),
    ...(names.length > 0 && {
      parameters: names.map((name) => ({ name, in: "path", required: true, schema: { type: "string" } })),
    }),
    ...(route.schema && { requestBody: bodyOf(route.schema) }),
    responses: { "200": { description: "The answer." }, default: errorAnswer },
    security: route.open === true ? [] : [{ bearer: [] }, { apiKey: [] }],
  };
}

/** The OpenAPI 3.1 document of the routes, aliases included. */
export function describeRoutes(routes: readonly Route[]): object {
  const paths: Record<string, Record<string, Json>> = {};
  for (const route of routes) {
    for (const path of [route.path, ...(route.aliases ?? [])]) {
      const name = toOpenApiPath(path);
      paths[name] = { ...paths[name], [route.method.toLowerCase()]: operation(route, path) };
    }
  }
  return {
    openapi: "3.1.0",
    info: {
      title: "tokenwire",
      version: "1",
      description: "An OpenAI-compatible server of language models.",
    },
    paths,
    components: {
      securitySchemes: {
        bearer: { type: "http", scheme: "bearer" },
        apiKey: { type: "apiKey", in: "header", name: "X-Api-Key" },
      },
    },
  };
}

/** The route that describes `routes` and itself. */
export function openApiRoute(routes: readonly Route[]): Route {
  let document: object | undefined;
  const route: Route = {
    method: "GET",
    path: "/openapi.json",
    handle: () => {
      document ??= describeRoutes([...routes, route]);
      return document;
    },
  };
  return route;
}
