// Chat completions made with `store: true`: list, retrieve, change the metadata, delete, list the messages.

import { z } from "zod";
import { ApiError, invalidRequest, metadataField, parseBody, quote } from "../../protocol/index.ts";
import type { ChatQuery, StoredChat } from "../../store/index.ts";
import type { Route, RouteContext } from "../context.ts";
import { pageList, parsePage, toList, unknownAfter } from "../pages.ts";

const path = "/v1/chat/completions/:id";
const aliases = ["/chat/completions/:id"];
const fields = z.object({ metadata: metadataField });

function idOf(context: RouteContext): string {
  return (context.request.params as { id: string }).id;
}

function notFound(id: string): ApiError {
  return new ApiError(404, `Chat completion with id ${quote(id)} not found.`, {
    param: "completion_id",
    wireCode: "not_found",
  });
}

async function found(context: RouteContext): Promise<StoredChat> {
  const chat = await context.server.store.chats.get(context.tenant, idOf(context));
  if (chat === undefined) throw notFound(idOf(context));
  return chat;
}

/** `model` and `metadata[key]` of a query. */
function parseFilter(query: Readonly<Record<string, unknown>>): Pick<ChatQuery, "model" | "metadata"> {
  const { model } = query;
  const pairs = Object.entries(query).flatMap(([name, value]): [string, unknown][] => {
    const key = /^metadata\[(.*)\]$/s.exec(name)?.[1];
    return key === undefined ? [] : [[key, value]];
  });
  const metadata = Object.fromEntries(pairs);
  for (const [name, value] of [["model", model ?? ""], ...pairs] as [string, unknown][]) {
    if (typeof value !== "string") throw invalidRequest(name, `${quote(name)}: expected one value.`);
  }
  return {
    ...(model !== undefined && { model: model as string }),
    ...(pairs.length > 0 && { metadata: metadata as Record<string, string> }),
  };
}

export const listChats: Route = {
  method: "GET",
  path: "/v1/chat/completions",
  aliases: ["/chat/completions"],
  handle: async (context) => {
    const query = context.request.query as Record<string, unknown>;
    const wanted = { ...parsePage(query, "asc"), ...parseFilter(query) };
    const { chats } = context.server.store;
    const { after } = wanted;
    if (after !== undefined && (await chats.get(context.tenant, after)) === undefined)
      throw unknownAfter(after);
    return toList(await chats.list(context.tenant, wanted));
  },
};

export const retrieveChat: Route = {
  method: "GET",
  path,
  aliases,
  handle: async (context) => (await found(context)).completion,
};

export const updateChat: Route = {
  method: "POST",
  path,
  aliases,
  schema: fields,
  handle: async (context) => {
    const { completion, messages } = await found(context);
    const { metadata } = parseBody(fields, context.body());
    const updated = { ...completion, metadata: metadata ?? {} };
    await context.server.store.chats.put(context.tenant, { completion: updated, messages });
    return updated;
  },
};

export const deleteChat: Route = {
  method: "DELETE",
  path,
  aliases,
  handle: async (context) => {
    const id = idOf(context);
    if (!(await context.server.store.chats.delete(context.tenant, id))) throw notFound(id);
    return { object: "chat.completion.deleted", id, deleted: true };
  },
};

export const listChatMessages: Route = {
  method: "GET",
  path: `${path}/messages`,
  aliases: aliases.map((alias) => `${alias}/messages`),
  handle: async (context) => {
    const page = parsePage(context.request.query as Record<string, unknown>, "asc");
    return pageList((await found(context)).messages, page);
  },
};
