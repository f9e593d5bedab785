// Changes to a store that can be told again: a process makes them, another one knows what must be there. Every lane has
// objects of its own and makes its changes one after the other.

import type { ResponseStore } from "../../src/store/index.ts";
import { chat, response } from "./samples.ts";

const kinds = ["put", "delete", "chat", "delete-chat", "append"] as const;

export interface Operation {
  readonly kind: (typeof kinds)[number];
  readonly id: string;
  readonly value: string;
}

const names = ["a", "b", "c"];

/** The n-th change of a lane; the same in every process. */
export function operation(lane: string, n: number): Operation {
  let hash = 2_166_136_261;
  for (const character of `${lane}/${n}`) hash = Math.imul(hash ^ character.charCodeAt(0), 16_777_619) >>> 0;
  const kind = kinds[(hash >>> 3) % kinds.length]!;
  return { kind, id: `${lane}-${names[(hash >>> 11) % names.length]}`, value: String(n) };
}

const tenant = "t";
const conversation = (lane: string): string => `conv_${lane}`;
const items = (value: string): string[] => [1, 2, 3].map((part) => `item_${value}_${part}`);

export async function prepare(store: ResponseStore, lane: string): Promise<void> {
  await store.putConversation(tenant, { id: conversation(lane), createdAt: 1, metadata: {} });
}

export async function apply(store: ResponseStore, lane: string, change: Operation): Promise<void> {
  const { kind, id, value } = change;
  if (kind === "put") {
    const stored = response(id);
    await store.putResponse(tenant, {
      ...stored,
      response: { ...stored.response, created_at: Number(value) },
    });
  } else if (kind === "delete") await store.deleteResponse(tenant, id);
  else if (kind === "chat") await store.chats.put(tenant, chat(id, { value }));
  else if (kind === "delete-chat") await store.chats.delete(tenant, id);
  else {
    const added = items(value).map((item) => ({ id: item, type: "message" }));
    await store.appendItems(tenant, conversation(lane), added);
  }
}

/** What is in a lane: the value of each response and chat, and the items in order. */
export type State = Readonly<Record<string, string>>;

/** What must be in a lane after so many changes. */
export function expected(lane: string, count: number): State {
  const state: Record<string, string> = { items: "" };
  for (let n = 0; n < count; n++) {
    const { kind, id, value } = operation(lane, n);
    if (kind === "put") state[`response ${id}`] = value;
    else if (kind === "delete") delete state[`response ${id}`];
    else if (kind === "chat") state[`chat ${id}`] = value;
    else if (kind === "delete-chat") delete state[`chat ${id}`];
    else state["items"] += `${items(value).join(" ")} `;
  }
  return state;
}

/** What is in a lane. */
export async function found(store: ResponseStore, lane: string): Promise<State> {
  const listed = await store.listItems(tenant, conversation(lane));
  const state: Record<string, string> = { items: listed.map(({ id }) => `${id} `).join("") };
  for (const name of names) {
    const id = `${lane}-${name}`;
    const stored = await store.getResponse(tenant, id);
    if (stored) state[`response ${id}`] = String(stored.response.created_at);
    const kept = await store.chats.get(tenant, id);
    if (kept) state[`chat ${id}`] = kept.completion.metadata["value"]!;
  }
  return state;
}
