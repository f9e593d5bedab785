// `POST /v1/responses/compact`: a conversation made shorter, to be sent as input from then on.

import { z } from "zod";
import { optional, parseBody, parseResponsesRequest } from "../../protocol/index.ts";
import type { Route } from "../context.ts";
import { refuseUnknown } from "../request-rules.ts";
import { compactConversation } from "../responses/compact.ts";

const fields = z.object({
  model: z.string().min(1),
  input: z.unknown().optional(),
  instructions: optional(z.string()),
  previous_response_id: optional(z.string().min(1)),
});

export const compactResponse: Route = {
  method: "POST",
  path: "/v1/responses/compact",
  schema: fields,
  aliases: ["/responses/compact"],
  handle: (context) => {
    const body = context.body();
    refuseUnknown(
      context,
      Object.keys(body).filter((key) => !(key in fields.shape)),
    );
    const wire = parseBody(fields, body);
    // What does not fit into the context is what most needs to be made shorter.
    return compactConversation(context, parseResponsesRequest({ ...wire, truncation: "auto", store: false }));
  },
};
