// Maps on disk: verified on every read, and never half written.

import { mkdtempSync, readdirSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type FetchLike, hashMap, loadMap, makeMap, serializeMap } from "@tokenwire/core/codec";
import { expect, it } from "vitest";
import { FileMapCache } from "../../src/server/index.ts";

const map = makeMap({ id: "acme/tiny", version: "2", vocab_size: 2, vocab: { a: 0, b: 1 } });
const hash = hashMap(map);
const url = "https://maps.example/tiny.json";

it("keeps pinned maps by hash, and fetches again what was damaged", async () => {
  const folder = join(mkdtempSync(join(tmpdir(), "tokenwire-cache-")), "maps");
  let fetched = 0;
  const fetchImpl: FetchLike = async () => {
    fetched++;
    return { ok: true, status: 200, arrayBuffer: async () => Uint8Array.from(serializeMap(map)).buffer };
  };
  const load = (): Promise<unknown> => loadMap({ url, hash, cache: new FileMapCache(folder), fetchImpl });
  expect(await load()).toEqual(map);
  expect(await load()).toEqual(map);
  expect(fetched).toBe(1);
  expect(readdirSync(folder)).toEqual([`${hash.slice(7)}.json`]);
  writeFileSync(join(folder, `${hash.slice(7)}.json`), "damaged");
  expect(await load()).toEqual(map);
  expect(fetched).toBe(2);
  await loadMap({ url, cache: new FileMapCache(folder), fetchImpl });
  await loadMap({ url, cache: new FileMapCache(folder), fetchImpl });
  expect(fetched).toBe(4);
});
