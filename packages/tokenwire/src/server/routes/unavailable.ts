// Endpoints of other servers whose work no engine here does: refused by name, so that clients see that the address is
// right and the model is not.

import { z } from "zod";
import { optional, parseBody, quote, unsupportedParameter } from "../../protocol/index.ts";
import type { Route } from "../context.ts";

const fields = z.object({ model: optional(z.string()) });

function unavailable(path: string, alias: string, verb: string): Route {
  return {
    method: "POST",
    path,
    aliases: [alias],
    handle: ({ body, server }) => {
      const { model: name } = parseBody(fields, body());
      const model = server.models.resolve(name ?? server.models.list()[0]!.id);
      const { capabilities } = model.info;
      const able = ["completions", "chat", "embeddings"].filter(
        (ability) =>
          (ability !== "embeddings" || capabilities.embeddings) &&
          (ability !== "chat" || model.profile.format.kind !== "plain"),
      );
      throw unsupportedParameter(
        "model",
        `The model ${quote(model.id)} cannot ${verb}. What it can do: ${able.join(", ")}.`,
      );
    },
  };
}

export const rerank: Route = unavailable("/v1/rerank", "/rerank", "rerank documents");
export const classify: Route = unavailable("/v1/classify", "/classify", "classify texts");
