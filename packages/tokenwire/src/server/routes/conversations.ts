// Conversations: items that responses continue, kept on the server.

import { z } from "zod";
import {
  ApiError,
  invalidRequest,
  metadataField,
  newId,
  optional,
  parseBody,
  parseInputItems,
  quote,
  type ResponseItem,
  unixSeconds,
} from "../../protocol/index.ts";
import type { StoredConversation } from "../../store/index.ts";
import type { Route, RouteContext } from "../context.ts";
import { pageList, parsePage, toList } from "../pages.ts";

const maxItemsPerCall = 20;
const fields = z.object({ metadata: metadataField, items: optional(z.array(z.unknown())) });

function paramsOf(context: RouteContext): { id: string; item: string } {
  return context.request.params as { id: string; item: string };
}

function notFound(what: string, id: string): ApiError {
  return new ApiError(404, `${what} with id ${quote(id)} not found.`, {
    param: what === "Item" ? "item_id" : "conversation_id",
    wireCode: "not_found",
  });
}

function describe({ id, createdAt, metadata }: StoredConversation): object {
  return { id, object: "conversation", created_at: createdAt, metadata };
}

async function found(context: RouteContext): Promise<StoredConversation> {
  const { id } = paramsOf(context);
  const conversation = await context.server.store.getConversation(context.tenant, id);
  if (conversation === undefined) throw notFound("Conversation", id);
  return conversation;
}

function parseItems(items: readonly unknown[] | undefined): ResponseItem[] {
  if ((items?.length ?? 0) > maxItemsPerCall) {
    throw invalidRequest("items", `items: at most ${maxItemsPerCall} items are allowed per call.`);
  }
  return parseInputItems(items ?? []);
}

export const createConversation: Route = {
  method: "POST",
  path: "/v1/conversations",
  schema: fields,
  aliases: ["/conversations"],
  handle: async (context) => {
    const { store } = context.server;
    const body = context.request.body === undefined ? {} : context.body();
    const { metadata, items } = parseBody(fields, body);
    const conversation = { id: newId("conv_"), createdAt: unixSeconds(), metadata: metadata ?? {} };
    const parsed = parseItems(items);
    await store.putConversation(context.tenant, conversation);
    if (parsed.length > 0) await store.appendItems(context.tenant, conversation.id, parsed);
    return describe(conversation);
  },
};

export const retrieveConversation: Route = {
  method: "GET",
  path: "/v1/conversations/:id",
  aliases: ["/conversations/:id"],
  handle: async (context) => describe(await found(context)),
};

export const updateConversation: Route = {
  method: "POST",
  path: "/v1/conversations/:id",
  aliases: ["/conversations/:id"],
  handle: async (context) => {
    const conversation = await found(context);
    const { metadata } = parseBody(fields, context.body());
    const updated = { ...conversation, metadata: metadata ?? conversation.metadata };
    await context.server.store.putConversation(context.tenant, updated);
    return describe(updated);
  },
};

export const deleteConversation: Route = {
  method: "DELETE",
  path: "/v1/conversations/:id",
  aliases: ["/conversations/:id"],
  handle: async (context) => {
    const { id } = paramsOf(context);
    if (!(await context.server.store.deleteConversation(context.tenant, id)))
      throw notFound("Conversation", id);
    return { id, object: "conversation.deleted", deleted: true };
  },
};

export const addConversationItems: Route = {
  method: "POST",
  path: "/v1/conversations/:id/items",
  schema: fields,
  aliases: ["/conversations/:id/items"],
  handle: async (context) => {
    const { id } = await found(context);
    const { items } = parseBody(fields, context.body());
    if (items === undefined || items.length === 0)
      throw invalidRequest("items", "items: expected at least one item.");
    const parsed = parseItems(items);
    await context.server.store.appendItems(context.tenant, id, parsed);
    return toList({ data: parsed, hasMore: false });
  },
};

export const listConversationItems: Route = {
  method: "GET",
  path: "/v1/conversations/:id/items",
  aliases: ["/conversations/:id/items"],
  handle: async (context) => {
    const page = parsePage(context.request.query as Record<string, unknown>, "desc");
    const { id } = await found(context);
    return pageList(await context.server.store.listItems(context.tenant, id), page);
  },
};

export const retrieveConversationItem: Route = {
  method: "GET",
  path: "/v1/conversations/:id/items/:item",
  aliases: ["/conversations/:id/items/:item"],
  handle: async (context) => {
    const { id, item: itemId } = paramsOf(context);
    await found(context);
    const items = await context.server.store.listItems(context.tenant, id);
    const item = items.find((entry) => entry.id === itemId);
    if (item === undefined) throw notFound("Item", itemId);
    return item;
  },
};

export const deleteConversationItem: Route = {
  method: "DELETE",
  path: "/v1/conversations/:id/items/:item",
  aliases: ["/conversations/:id/items/:item"],
  handle: async (context) => {
    const { id, item } = paramsOf(context);
    const conversation = await found(context);
    if (!(await context.server.store.deleteItem(context.tenant, id, item))) throw notFound("Item", item);
    return describe(conversation);
  },
};
