// From the ids that an engine gave back to the answer that clients read: the second half of `render.ts`. Nothing is
// generated and nothing is kept; a streaming client carries the state.

import type { RequestBody } from "../../protocol/index.ts";
import type { Route, RouteContext } from "../context.ts";
import { derenderChatChunk, derenderWholeChat } from "../derender/chat.ts";
import { derenderCompletionChunk, derenderWholeCompletions } from "../derender/completions.ts";

const isStream = (body: RequestBody): boolean => body["stream"] === true;

export const derenderChat: Route = {
  method: "POST",
  path: "/v1/chat/completions/derender",
  handle: (context: RouteContext) => {
    const wire = context.body();
    return isStream(wire) ? derenderChatChunk(context, wire) : derenderWholeChat(context, wire);
  },
};

export const derenderCompletions: Route = {
  method: "POST",
  path: "/v1/completions/derender",
  handle: ({ server, body }: RouteContext) => {
    const wire = body();
    return isStream(wire) ? derenderCompletionChunk(server, wire) : derenderWholeCompletions(server, wire);
  },
};
