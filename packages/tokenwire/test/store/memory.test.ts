import { describe, expect, it } from "vitest";
import { createMemoryStore } from "../../src/store/index.ts";
import { storeConformance } from "./conformance.ts";
import { response } from "./samples.ts";

storeConformance("memory", async () => createMemoryStore());

describe("memory store", () => {
  it("stays within its bytes, dropping what was used least recently", async () => {
    const store = createMemoryStore({ maxBytes: 10_000 });
    for (let i = 0; i < 100; i++) {
      await store.putResponse("t", response(`resp_${i}`));
      await store.getResponse("t", "resp_0");
    }
    expect(await store.getResponse("t", "resp_0")).toBeDefined();
    expect(await store.getResponse("t", "resp_99")).toBeDefined();
    expect(await store.getResponse("t", "resp_50")).toBeUndefined();
  });

  it("forgets what is old", async () => {
    let now = 0;
    const store = createMemoryStore({ maxAge: 1_000, now: () => now });
    await store.putResponse("t", response("resp_1"));
    now = 900;
    expect(await store.getResponse("t", "resp_1")).toBeDefined();
    now = 2_000;
    expect(await store.getResponse("t", "resp_1")).toBeUndefined();
  });
});
