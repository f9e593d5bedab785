// What every store must do, whatever it is made of.

import { describe, expect, it } from "vitest";
import type { ResponseItem, ResponseObject } from "../../src/protocol/index.ts";
import type { ResponseStore } from "../../src/store/index.ts";
import { chat, item, response } from "./samples.ts";

const ids = (items: readonly ResponseItem[]): string[] => items.map((entry) => entry.id);

export function storeConformance(name: string, open: () => Promise<ResponseStore>): void {
  describe(`${name} store`, () => {
    const using = async (task: (store: ResponseStore) => Promise<void>): Promise<void> => {
      const store = await open();
      try {
        await task(store);
      } finally {
        await store.close();
      }
    };

    it("gives back what it was given", () =>
      using(async (store) => {
        const stored = { ...response("resp_1"), previousId: "resp_0", events: [{ type: "a" }] };
        await store.putResponse("t", stored);
        expect(await store.getResponse("t", "resp_1")).toEqual(stored);
        await store.putResponse("t", response("resp_1", "failed"));
        expect((await store.getResponse("t", "resp_1"))!.response.status).toBe("failed");
      }));

    it("keeps tenants apart", () =>
      using(async (store) => {
        await store.putResponse("a", response("resp_1"));
        await store.putConversation("a", { id: "conv_1", createdAt: 1, metadata: {} });
        expect(await store.getResponse("b", "resp_1")).toBeUndefined();
        expect(await store.deleteResponse("b", "resp_1")).toBe(false);
        expect(await store.getConversation("b", "conv_1")).toBeUndefined();
        expect(await store.appendItems("b", "conv_1", [item("x")])).toBe(false);
        expect(await store.listItems("b", "conv_1")).toEqual([]);
        expect(await store.deleteItem("b", "conv_1", "x")).toBe(false);
      }));

    it("counts what it holds, as exactly as it can", () =>
      using(async (store) => {
        expect(await store.count()).toBe(0);
        await store.putResponse("t", response("resp_1"));
        await store.chats.put("t", chat("c1"));
        await store.putConversation("t", { id: "conv_1", createdAt: 1, metadata: {} });
        // Postgres gives an estimate, which is none before its tables have been looked at.
        expect([0, 3]).toContain(await store.count());
      }));

    it("deletes once and for all", () =>
      using(async (store) => {
        await store.putResponse("t", response("resp_1"));
        expect(await store.deleteResponse("t", "resp_1")).toBe(true);
        expect(await store.deleteResponse("t", "resp_1")).toBe(false);
        expect(await store.getResponse("t", "resp_1")).toBeUndefined();
      }));

    it("finds items by their id, as long as their response is there", () =>
      using(async (store) => {
        const stored = response("resp_1");
        const output = [{ id: "fc_1", type: "function_call" }] as unknown as ResponseObject["output"];
        await store.putResponse("t", { ...stored, response: { ...stored.response, output } });
        expect(await store.findItem("t", "msg_1")).toEqual(item("msg_1"));
        expect(await store.findItem("t", "fc_1")).toMatchObject({ type: "function_call" });
        expect(await store.findItem("other", "fc_1")).toBeUndefined();
        await store.deleteResponse("t", "resp_1");
        expect(await store.findItem("t", "fc_1")).toBeUndefined();
      }));

    it("finds what was never finished", () =>
      using(async (store) => {
        await store.putResponse("t", response("resp_1", "queued"));
        await store.putResponse("t", response("resp_2", "in_progress"));
        await store.putResponse("t", response("resp_3"));
        const found = await store.listUnfinished();
        expect(found.map(({ id }) => id).sort()).toEqual(["resp_1", "resp_2"]);
        await store.putResponse("t", response("resp_1", "cancelled"));
        expect(await store.listUnfinished()).toEqual([{ tenant: "t", id: "resp_2" }]);
      }));

    it("keeps the items of a conversation in order", () =>
      using(async (store) => {
        await store.putConversation("t", { id: "conv_1", createdAt: 1, metadata: { a: "1" } });
        expect(await store.appendItems("t", "conv_1", [item("a"), item("b")])).toBe(true);
        expect(await store.appendItems("t", "conv_1", [item("c")])).toBe(true);
        await store.putConversation("t", { id: "conv_1", createdAt: 1, metadata: { a: "2" } });
        expect((await store.getConversation("t", "conv_1"))!.metadata).toEqual({ a: "2" });
        expect(ids(await store.listItems("t", "conv_1"))).toEqual(["a", "b", "c"]);
        expect(await store.deleteItem("t", "conv_1", "b")).toBe(true);
        expect(await store.deleteItem("t", "conv_1", "b")).toBe(false);
        expect(ids(await store.listItems("t", "conv_1"))).toEqual(["a", "c"]);
        expect(await store.deleteConversation("t", "conv_1")).toBe(true);
        expect(await store.deleteConversation("t", "conv_1")).toBe(false);
        expect(await store.listItems("t", "conv_1")).toEqual([]);
        expect(await store.appendItems("t", "conv_1", [item("d")])).toBe(false);
      }));

    it("has one secret", () =>
      using(async (store) => {
        const secret = await store.secret();
        expect(secret).toHaveLength(32);
        expect(await store.secret()).toEqual(secret);
      }));

    it("is not confused by hostile ids", () =>
      using(async (store) => {
        for (const id of ["'; DROP TABLE responses; --", "a\nb", "", "%", "../x", "\u0000"]) {
          expect(await store.getResponse("t", id)).toBeUndefined();
          expect(await store.deleteConversation(id, id)).toBe(false);
        }
        await store.putResponse("t", response("resp_1"));
        expect(await store.getResponse("t", "resp_1")).toBeDefined();
      }));

    it("keeps chat completions, apart by tenant", () =>
      using(async ({ chats }) => {
        await chats.put("a", chat("c1", { k: "v" }));
        expect(await chats.get("a", "c1")).toEqual(chat("c1", { k: "v" }));
        expect(await chats.get("b", "c1")).toBeUndefined();
        expect(await chats.delete("b", "c1")).toBe(false);
        expect((await chats.list("b", { limit: 9, order: "asc" })).data).toEqual([]);
        expect(await chats.delete("a", "c1")).toBe(true);
        expect(await chats.delete("a", "c1")).toBe(false);
        expect(await chats.get("a", "c1")).toBeUndefined();
      }));

    it("lists chat completions in pages, by model and metadata", () =>
      using(async ({ chats }) => {
        for (let i = 0; i < 250; i++) {
          const metadata = { parity: String(i % 2), __proto__: "x", 'a"b': "'" };
          await chats.put("t", chat(`c${i}`, metadata, i % 5 === 0 ? "five" : "m"));
        }
        // A change of the metadata keeps the place.
        await chats.put("t", chat("c1", { parity: "1", late: "yes" }));
        const list = async (
          query: Partial<Parameters<typeof chats.list>[1]>,
        ): Promise<[string[], boolean]> => {
          const { data, hasMore } = await chats.list("t", { limit: 3, order: "asc", ...query });
          return [data.map(({ id }) => id), hasMore];
        };
        expect(await list({})).toEqual([["c0", "c1", "c2"], true]);
        expect(await list({ after: "c2" })).toEqual([["c3", "c4", "c5"], true]);
        expect(await list({ order: "desc", limit: 2 })).toEqual([["c249", "c248"], true]);
        expect(await list({ order: "desc", after: "c1" })).toEqual([["c0"], false]);
        expect(await list({ model: "five", after: "c230" })).toEqual([["c235", "c240", "c245"], false]);
        expect(await list({ metadata: { late: "yes" } })).toEqual([["c1"], false]);
        expect(await list({ metadata: { parity: "0", 'a"b': "'" }, after: "c244" })).toEqual([
          ["c246", "c248"],
          false,
        ]);
        expect(await list({ metadata: { parity: "2" } })).toEqual([[], false]);
        expect(await list({ metadata: { toString: "x" } })).toEqual([[], false]);
      }));
  });
}
