import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { fetchModelFolder, isHubName } from "../../src/profiles/hub.ts";
import { LocalHub } from "./local-hub.ts";

let hub: LocalHub;
let endpoint: string;
let cacheFolder: string;
const large = Buffer.from(Array.from({ length: 300_000 }, (_, i) => i % 251));

beforeEach(async () => {
  hub = new LocalHub();
  endpoint = await hub.start();
  cacheFolder = mkdtempSync(join(tmpdir(), "tokenwire-hub-"));
  hub.files.set("config.json", { content: Buffer.from('{"model_type": "tiny"}') });
  hub.files.set("tokenizer.json", { content: large, large: true });
  hub.files.set("additional_chat_templates/rag.jinja", { content: Buffer.from("{{ messages }}") });
  hub.files.set("model.safetensors", { content: Buffer.from("weights"), large: true });
  hub.files.set("../escape.json", { content: Buffer.from("{}") });
});

afterEach(async () => {
  await hub.stop();
  rmSync(cacheFolder, { recursive: true });
});

describe("fetchModelFolder", () => {
  it("fetches what describes a model, and nothing else", async () => {
    const folder = await fetchModelFolder("acme/tiny", { endpoint, cacheFolder });
    expect(readdirSync(folder).filter((name) => !name.startsWith("."))).toEqual([
      "additional_chat_templates",
      "config.json",
      "tokenizer.json",
    ]);
    expect(readFileSync(join(folder, "tokenizer.json")).equals(large)).toBe(true);
    expect(readFileSync(join(folder, "additional_chat_templates/rag.jinja"), "utf8")).toBe("{{ messages }}");
    expect(existsSync(join(cacheFolder, "escape.json"))).toBe(false);
  });

  it("uses the cache without a network, and asks again only when told to", async () => {
    const first = await fetchModelFolder("acme/tiny", { endpoint, cacheFolder });
    const requests = hub.log.length;
    expect(await fetchModelFolder("acme/tiny", { endpoint, cacheFolder })).toBe(first);
    expect(await fetchModelFolder("acme/tiny", { endpoint, cacheFolder, revision: hub.commit })).toBe(first);
    expect(hub.log.length).toBe(requests);
    hub.commit = "b".repeat(40);
    hub.files.set("config.json", { content: Buffer.from('{"model_type": "newer"}') });
    const refreshed = await fetchModelFolder("acme/tiny", { endpoint, cacheFolder, refresh: true });
    expect(readFileSync(join(refreshed, "config.json"), "utf8")).toContain("newer");
    expect(await fetchModelFolder("acme/tiny", { endpoint: "http://127.0.0.1:1", cacheFolder })).toBe(
      refreshed,
    );
  });

  it("does not touch the network when offline", async () => {
    const fetching = fetchModelFolder("acme/tiny", { endpoint, cacheFolder, offline: true });
    await expect(fetching).rejects.toMatchObject({ code: "MODEL_NOT_FOUND" });
    expect(hub.log).toEqual([]);
  });

  it("resumes an interrupted download where it stopped", async () => {
    hub.files.delete("config.json");
    hub.files.delete("additional_chat_templates/rag.jinja");
    hub.cutAfter = 100_000;
    await expect(fetchModelFolder("acme/tiny", { endpoint, cacheFolder })).rejects.toMatchObject({
      code: "DOWNLOAD_FAILED",
    });
    const folder = await fetchModelFolder("acme/tiny", { endpoint, cacheFolder });
    expect(readFileSync(join(folder, "tokenizer.json")).equals(large)).toBe(true);
    const resumed = hub.log.filter((entry) => entry.startsWith("store bytes="));
    expect(resumed.length).toBe(1);
    expect(Number(/\d+/.exec(resumed[0]!)?.[0])).toBeGreaterThan(0);
  });

  it.each([
    ["a large file (SHA-256)", ["config.json", "additional_chat_templates/rag.jinja"]],
    ["a small file (git object name)", ["tokenizer.json"]],
  ])("refuses %s with a wrong checksum and forgets it", async (_name, without) => {
    for (const name of without) hub.files.delete(name);
    hub.corrupt = true;
    await expect(fetchModelFolder("acme/tiny", { endpoint, cacheFolder })).rejects.toThrow(/checksum/);
    hub.corrupt = false;
    await expect(fetchModelFolder("acme/tiny", { endpoint, cacheFolder })).resolves.toContain(hub.commit);
  });

  it("sends the token to the hub and never to the store", async () => {
    hub.token = "secret";
    await expect(fetchModelFolder("acme/tiny", { endpoint, cacheFolder })).rejects.toThrow(/HF_TOKEN/);
    await fetchModelFolder("acme/tiny", { endpoint, cacheFolder, token: "secret" });
    expect(hub.storeAuthorizations).toEqual([]);
  });

  it("says when the hub does not know the model, and when there is no hub", async () => {
    const unknown = fetchModelFolder("acme/other", { endpoint, cacheFolder });
    await expect(unknown).rejects.toMatchObject({ code: "MODEL_NOT_FOUND" });
    const nowhere = fetchModelFolder("acme/tiny", { endpoint: "http://127.0.0.1:1", cacheFolder });
    await expect(nowhere).rejects.toMatchObject({ code: "DOWNLOAD_FAILED" });
  });

  it.each(["acme", "a/b/c", "../x/y", "acme/..", "acme/ti ny", ""])("is not a model name: %j", (name) => {
    expect(isHubName(name)).toBe(false);
  });

  it("refuses revisions that leave the cache", async () => {
    const fetching = fetchModelFolder("acme/tiny", { endpoint, cacheFolder, revision: "../../x" });
    await expect(fetching).rejects.toMatchObject({ code: "INVALID_ARGUMENT" });
  });
});
