// Stored responses: retrieve, follow, delete, cancel, list the input; and counting tokens before creating one.

import { setTimeout as delay } from "node:timers/promises";
import {
  ApiError,
  invalidRequest,
  obfuscated,
  parseResponsesRequest,
  quote,
  type ResponseEvent,
  replayEvents,
  responseFrame,
  responsesBodySchema,
} from "../../protocol/index.ts";
import type { StoredResponse } from "../../store/index.ts";
import { toSignal } from "../cancellation.ts";
import type { Route, RouteContext } from "../context.ts";
import { checkInclude, pageList, parsePage } from "../pages.ts";
import { draftResponse } from "../responses/context.ts";
import { respondWithStream } from "../stream.ts";
import { hostedTypes } from "../tools/options.ts";
import { followJob } from "./responses.ts";

function idOf(context: RouteContext): string {
  return (context.request.params as { id: string }).id;
}

function notFound(id: string): ApiError {
  return new ApiError(404, `Response with id ${quote(id)} not found.`, {
    param: "response_id",
    wireCode: "not_found",
  });
}

async function storedResponse(context: RouteContext): Promise<StoredResponse> {
  const stored = await context.server.store.getResponse(context.tenant, idOf(context));
  if (stored === undefined) throw notFound(idOf(context));
  return stored;
}

/** Milliseconds between two looks at a response that another server makes. */
const lookInterval = 200;

/** A stored response once it is finished. Another server that shares the store may be at it: it, or its lease, ends. */
async function finishedElsewhere(context: RouteContext): Promise<StoredResponse> {
  for (;;) {
    const stored = await storedResponse(context);
    const { status } = stored.response;
    const isRunning = status === "queued" || status === "in_progress";
    if (!isRunning || context.server.store.leases === undefined) return stored;
    await delay(lookInterval, undefined, { signal: toSignal(context.signal) });
  }
}

/** `starting_after` of a query: the last sequence number the client has; -1 for none. */
function startingAfter(query: Readonly<Record<string, unknown>>): number {
  const text = query["starting_after"];
  if (text === undefined) return -1;
  const value = Number(text);
  if (typeof text !== "string" || !/^\d+$/.test(text) || !Number.isSafeInteger(value)) {
    throw invalidRequest(
      "starting_after",
      "starting_after: expected a sequence number, an integer of at least 0.",
    );
  }
  return value;
}

export const retrieveResponse: Route = {
  method: "GET",
  path: "/v1/responses/:id",
  aliases: ["/responses/:id"],
  handle: async (context) => {
    const query = context.request.query as Record<string, unknown>;
    checkInclude(query);
    const job = context.server.jobs.get(context.tenant, idOf(context));
    if (query["stream"] !== "true") return job?.response ?? (await storedResponse(context)).response;
    const after = startingAfter(query);
    const toFrame = (event: ResponseEvent): string =>
      responseFrame(query["include_obfuscation"] === "true" ? obfuscated(event) : event);
    if (job) return followJob(context, job, after, toFrame);
    await storedResponse(context);
    await respondWithStream(context, {
      admit: false,
      run: async (stream) => {
        stream.open();
        const { events, response } = await finishedElsewhere(context);
        const all = (events as ResponseEvent[] | undefined) ?? replayEvents(response);
        for (const event of all) if (event.sequence_number > after) stream.write(toFrame(event));
      },
      ending: { end: () => "data: [DONE]\n\n", fail: () => "data: [DONE]\n\n" },
    });
    return undefined;
  },
};

export const deleteResponse: Route = {
  method: "DELETE",
  path: "/v1/responses/:id",
  aliases: ["/responses/:id"],
  handle: async (context) => {
    const id = idOf(context);
    const job = context.server.jobs.get(context.tenant, id);
    if (job) {
      job.cancel();
      // It stores how it ended; what is deleted before that would come back.
      await job.ended();
    }
    if (!(await context.server.store.deleteResponse(context.tenant, id))) throw notFound(id);
    return { id, object: "response", deleted: true };
  },
};

export const cancelResponse: Route = {
  method: "POST",
  path: "/v1/responses/:id/cancel",
  aliases: ["/responses/:id/cancel"],
  handle: async (context) => {
    const job = context.server.jobs.get(context.tenant, idOf(context));
    if (job) {
      job.cancel();
      await job.ended();
      return job.response;
    }
    const { response } = await storedResponse(context);
    if (response["background"] !== true) {
      throw invalidRequest("response_id", "Only responses created with background: true can be cancelled.");
    }
    await context.server.store.leases?.requestCancel(context.tenant, idOf(context));
    return (await finishedElsewhere(context)).response;
  },
};

export const listInputItems: Route = {
  method: "GET",
  path: "/v1/responses/:id/input_items",
  aliases: ["/responses/:id/input_items"],
  handle: async (context) => {
    const page = parsePage(context.request.query as Record<string, unknown>, "desc");
    return pageList((await storedResponse(context)).input, page);
  },
};

export const countInputTokens: Route = {
  method: "POST",
  path: "/v1/responses/input_tokens",
  schema: responsesBodySchema,
  aliases: ["/responses/input_tokens"],
  handle: async (context) => {
    const types = hostedTypes(context.server.tools);
    const draft = await draftResponse(context, parseResponsesRequest(context.body(), types));
    await draft.toolkit?.dispose();
    return { object: "response.input_tokens", input_tokens: draft.prompt.tokenIds.length };
  },
};
