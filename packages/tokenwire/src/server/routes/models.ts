// `GET /v1/models`: what is served. Ids may contain slashes, raw or percent-encoded.

import type { Route, RouteContext } from "../context.ts";
import type { ServedModel } from "../models.ts";

function describe(model: ServedModel): object {
  const { profile, info } = model;
  return {
    id: model.id,
    object: "model",
    created: model.created,
    owned_by: profile.ownedBy ?? "tokenwire",
    root: model.id,
    max_model_len: Math.min(profile.contextLength, info.maxContext),
    capabilities: {
      chat: profile.format.kind !== "plain",
      completions: true,
      embeddings: info.capabilities.embeddings,
      logprobs: info.capabilities.logprobs.maxTop > 0,
      constraints: info.capabilities.constraints,
    },
  };
}

function describeForAnthropic(model: ServedModel): object {
  return {
    type: "model",
    id: model.id,
    display_name: model.id,
    created_at: new Date(model.created * 1000).toISOString(),
  };
}

function isAnthropic({ request }: RouteContext): boolean {
  return request.headers["anthropic-version"] !== undefined;
}

export const listModels: Route = {
  method: "GET",
  path: "/v1/models",
  handle: (context) => {
    const models = context.server.models.list();
    if (!isAnthropic(context)) return { object: "list", data: models.map(describe) };
    return {
      data: models.map(describeForAnthropic),
      has_more: false,
      first_id: models[0]?.id ?? null,
      last_id: models.at(-1)?.id ?? null,
    };
  },
};

export const retrieveModel: Route = {
  method: "GET",
  path: "/v1/models/*",
  handle: (context) => {
    const name = (context.request.params as { "*": string })["*"];
    const model = context.server.models.resolve(name);
    return isAnthropic(context) ? describeForAnthropic(model) : describe(model);
  },
};
