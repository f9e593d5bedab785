// What every store must do, whatever it is made of.

import { describe, expect, it } from "vitest";
import type { ResponseItem, ResponseObject } from "../../src/protocol/index.ts";
import type { ResponseStore, StoredResponse } from "../../src/store/index.ts";

export function response(id: string, status: ResponseObject["status"] = "completed"): StoredResponse {
  return {
    response: {
      id,
      object: "response",
      created_at: 1,
      completed_at: null,
      status,
      incomplete_details: null,
      model: "m",
      output: [],
      error: null,
      usage: null,
      text: "é🐔'; DROP TABLE responses; --",
    },
    input: [item("msg_1")],
    previousId: null,
  };
}

const item = (id: string): ResponseItem => ({ id, type: "message", role: "user", content: id });
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

    it("is not confused by hostile ids", () =>
      using(async (store) => {
        for (const id of ["'; DROP TABLE responses; --", "a\nb", "", "%", "../x", "\u0000"]) {
          expect(await store.getResponse("t", id)).toBeUndefined();
          expect(await store.deleteConversation(id, id)).toBe(false);
        }
        await store.putResponse("t", response("resp_1"));
        expect(await store.getResponse("t", "resp_1")).toBeDefined();
      }));
  });
}
