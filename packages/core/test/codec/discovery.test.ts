import {
  buildAcceptEncoding,
  CodecError,
  CodecVersionRequiredError,
  CodecZstdDictError,
  checkAddress,
  clientKnowsHeader,
  describeRule,
  discoverIndex,
  discoverMap,
  discoverVersionPolicy,
  discoverZstdDict,
  type FetchLike,
  hashMap,
  hashZstdDict,
  loadMap,
  MapDiscoveryError,
  MapDiscoveryNotFoundError,
  type MapWarning,
  MemoryMapCache,
  makeMap,
  meetsMinimum,
  parseAcceptEncoding,
  parseVersionRequired,
  pickEncoding,
  selectZstdDictForResponse,
  serializeMap,
  shannonEntropyBitsPerByte,
  TokenizerMap,
  TokenizerMapHashMismatchError,
  TokenizerMapValidationError,
  withCodecClientVersion,
  ZstdDictDiscoveryError,
  ZstdDictHashMismatchError,
} from "@tokenwire/core/codec";
import { describe, expect, it } from "vitest";

const map = makeMap({ id: "acme/tiny", version: "2", vocab_size: 2, vocab: { a: 0, b: 1 } });
const bytes = serializeMap(map);
const hash = hashMap(map);

/** A fetch over a table of addresses, and what was asked of it. */
function site(pages: Readonly<Record<string, Uint8Array | string | { status: number; location?: string }>>): {
  fetchImpl: FetchLike;
  requests: { url: string; headers: Readonly<Record<string, string>> | undefined }[];
} {
  const requests: { url: string; headers: Readonly<Record<string, string>> | undefined }[] = [];
  return {
    requests,
    fetchImpl: async (url, init) => {
      requests.push({ url, headers: init?.headers });
      const page = pages[url] ?? { status: 404 };
      const body = typeof page === "string" ? Buffer.from(page) : page;
      const isStatus = !(body instanceof Uint8Array);
      const status = isStatus ? body.status : 200;
      return {
        ok: status >= 200 && status < 300,
        status,
        headers: { get: (name) => (isStatus && name === "location" ? (body.location ?? null) : null) },
        arrayBuffer: async () => (isStatus ? new ArrayBuffer(0) : Uint8Array.from(body).buffer),
      };
    },
  };
}

describe("loadMap", () => {
  const url = "https://maps.example/tiny.json";

  it("loads without headers, verifies and caches", async () => {
    const { fetchImpl, requests } = site({ [url]: bytes });
    const cache = new MemoryMapCache();
    const loads = await Promise.all([
      loadMap({ url, hash, cache, fetchImpl }),
      loadMap({ url, hash, cache, fetchImpl }),
    ]);
    expect(loads[0]).toEqual(map);
    expect(await loadMap({ url, hash: hash.slice(7).toUpperCase(), cache, fetchImpl })).toBe(loads[1]);
    expect(requests).toEqual([{ url, headers: undefined }]);
  });

  it("refuses other bytes", async () => {
    const { fetchImpl } = site({ [url]: '{"id":"x"}' });
    const error = await loadMap({ url, hash, fetchImpl }).catch((caught: unknown) => caught);
    expect(error).toBeInstanceOf(TokenizerMapHashMismatchError);
    expect(error).toMatchObject({ code: "CODEC_HASH_MISMATCH", expected: hash });
    await expect(loadMap({ url, hash: "sha256:12", fetchImpl })).rejects.toThrow(/64 hex digits/);
  });

  it("accepts a file whose hash leaves out its last newline, and says so", async () => {
    const { fetchImpl } = site({
      [url]: Buffer.concat([bytes, Buffer.from("\n")]),
      "https://maps.example/two.json": Buffer.concat([bytes, Buffer.from("\n\n")]),
    });
    const warnings: MapWarning[] = [];
    await loadMap({ url, hash, fetchImpl, onWarning: (warning) => warnings.push(warning) });
    expect(warnings.map(({ quirk }) => quirk)).toEqual(["trailing-newline"]);
    await expect(loadMap({ url, hash, fetchImpl, strictHash: true })).rejects.toThrow(
      TokenizerMapHashMismatchError,
    );
    await expect(loadMap({ url: "https://maps.example/two.json", hash, fetchImpl })).rejects.toThrow(
      TokenizerMapHashMismatchError,
    );
  });

  it("limits size, names failures, follows allowed redirects", async () => {
    const { fetchImpl } = site({
      [url]: bytes,
      "https://a.example/m": { status: 302, location: "/n" },
      "https://a.example/n": { status: 301, location: url },
      "https://a.example/in": { status: 302, location: "http://169.254.169.254/latest" },
      "https://a.example/loop": { status: 302, location: "/loop" },
    });
    await expect(loadMap({ url, fetchImpl, maxBytes: 10 })).rejects.toThrow(/larger than 10 bytes/);
    await expect(loadMap({ url: "https://a.example/none", fetchImpl })).rejects.toThrow(
      "https://a.example/none answered 404.",
    );
    expect(await loadMap({ url: "https://a.example/m", fetchImpl })).toEqual(map);
    await expect(loadMap({ url: "https://a.example/in", fetchImpl })).rejects.toThrow(/private address/);
    await expect(loadMap({ url: "https://a.example/loop", fetchImpl })).rejects.toThrow(
      /redirects more than/,
    );
  });

  it("forgets the least recently used", async () => {
    const cache = new MemoryMapCache(2);
    for (const key of ["a", "b"]) await cache.set(key, map);
    await cache.get("a");
    await cache.set("c", map);
    expect(await Promise.all(["a", "b", "c"].map((key) => cache.get(key)))).toEqual([map, undefined, map]);
  });
});

describe("validateMap", () => {
  const base = { id: "a/b", version: "1.0.0", vocab_size: 1, vocab: { a: 0 } };

  it.each([
    [null, /must be an object/],
    [{ ...base, id: "" }, /id must be/],
    [{ ...base, version: 2 }, /version must be/],
    [{ ...base, vocab_size: 0 }, /vocab_size/],
    [{ ...base, vocab: {} }, /vocab or tokens/],
    [{ ...base, vocab: { a: -1 } }, /vocab\["a"\]/],
    [{ ...base, encoder: "x" }, /byte_level, metaspace/],
    [{ ...base, merges: ["ab"] }, /merges\[0\]/],
    [{ ...base, byte_fallback_start: 3 }, /both/],
    [{ ...base, byte_fallback_start: 3, byte_fallback_end: 9 }, /255/],
    [{ ...base, special_tokens: { x: 1.5 } }, /special_tokens/],
    [
      {
        ...base,
        tool_calling: {
          convention: "qwen25",
          args_format: "json",
          result_format: "json",
          markers: { start: "a", end: "b" },
        },
      },
      /markers.start/,
    ],
    [{ ...base, zstd_dictionaries: [{ format: "msgpack", url: "u", hash: "sha256:AB" }] }, /hash must be/],
  ])("refuses %j", (value, message) => {
    expect(() => TokenizerMap.fromJson(value as object)).toThrow(TokenizerMapValidationError);
    expect(() => TokenizerMap.fromJson(value as object)).toThrow(message);
  });

  it("accepts unknown keys, vocab_size below the largest id, merges with spaces", () => {
    TokenizerMap.fromJson({ ...base, vocab: { a: 5 }, _note: "x" });
    TokenizerMap.fromJson({ ...base, vocab: { "a b": 0, c: 1, "a bc": 2 }, merges: ["a b c"] });
    expect(() => TokenizerMap.fromJson("{")).toThrow(/not JSON/);
  });
});

describe("discovery", () => {
  const origin = "https://engine.example";
  const at = `${origin}/.well-known/codec`;

  it("follows a pointer, reads an inline map, and tells errors apart", async () => {
    const pointer = (url: string, id = "acme/tiny"): string => JSON.stringify({ id, url, hash });
    const { fetchImpl } = site({
      [`${at}/maps/acme/tiny.json`]: pointer("https://cdn.example/t.json"),
      "https://cdn.example/t.json": bytes,
      [`${at}/maps/acme/inline.json`]: JSON.stringify({ ...map, id: "acme/inline" }),
      [`${at}/maps/acme/other.json`]: pointer("https://cdn.example/t.json"),
      [`${at}/maps/acme/private.json`]: pointer("https://10.0.0.1/t.json", "acme/private"),
      [`${at}/maps/acme/hop.json`]: pointer(`${at}/maps/acme/tiny.json`, "acme/hop"),
      [`${at}/maps/acme/bad.json`]: "[]",
      [`${at}/maps/acme/500.json`]: { status: 500 },
    });
    const find = (id: string): Promise<TokenizerMap> => discoverMap({ origin: `${origin}/`, id, fetchImpl });
    expect(await find("acme/tiny")).toEqual(map);
    expect((await find("acme/inline")).id).toBe("acme/inline");
    await expect(find("acme/none")).rejects.toThrow(MapDiscoveryNotFoundError);
    await expect(find("acme/other")).rejects.toThrow(/for "acme\/tiny"/);
    await expect(find("acme/private")).rejects.toThrow(/private address/);
    await expect(find("acme/hop")).rejects.toThrow(TokenizerMapHashMismatchError);
    for (const id of ["acme/bad", "acme/500"]) {
      const error = await find(id).catch((caught: unknown) => caught);
      expect(error).toBeInstanceOf(MapDiscoveryError);
      expect(error).not.toBeInstanceOf(MapDiscoveryNotFoundError);
    }
    await expect(find("../etc")).rejects.toThrow(/cannot be published/);
  });

  it("reads both shapes of an index", async () => {
    const entry = { id: "acme/tiny", url: "https://cdn.example/t.json", hash };
    const one = site({ [`${at}/index.json`]: JSON.stringify({ codec_version: "0.2", maps: [entry] }) });
    expect(await discoverIndex({ origin, fetchImpl: one.fetchImpl })).toEqual({
      codec_version: "0.2",
      maps: [entry],
    });
    const flat = site({ [`${at}/index.json`]: JSON.stringify({ "acme/tiny": hash }) });
    expect((await discoverIndex({ origin, fetchImpl: flat.fetchImpl })).maps).toEqual([
      { id: "acme/tiny", url: `${at}/maps/acme/tiny.json`, hash },
    ]);
    const bad = site({ [`${at}/index.json`]: JSON.stringify({ codec_version: "0.2", maps: [{ id: "x" }] }) });
    await expect(discoverIndex({ origin, fetchImpl: bad.fetchImpl })).rejects.toThrow(/maps\[0\]/);
  });

  it.each([
    ["https://cdn.example/x", undefined],
    ["http://cdn.example/x", /not https/],
    ["ftp://cdn.example/x", /absolute/],
    ["https://192.168.1.4/x", /private/],
    ["https://127.0.0.1/x", /private/],
    ["https://localhost/x", /private/],
    ["https://[::1]/x", /private/],
    ["https://[fd00::1]/x", /private/],
    ["https://2130706433/x", /private/],
    ["https://0x7f.1/x", /private/],
    ["https://user@10.1.1.1/x", /private/],
    ["https://cdn.example\\@10.1.1.1/x", /absolute/],
    ["https://metadata.internal/x", /private/],
  ] as const)("address rule for %s", (url, message) => {
    const run = (): void => checkAddress(url, origin, {});
    if (message === undefined) expect(run).not.toThrow();
    else expect(run).toThrow(message);
  });

  it("lets a local origin name local addresses, and obeys allowUrl", () => {
    expect(() => checkAddress("http://127.0.0.1:8000/m", "http://localhost:8000/", {})).not.toThrow();
    expect(() => checkAddress("https://cdn.example/x", origin, { allowUrl: () => false })).toThrow(
      /allowUrl/,
    );
    expect(() =>
      checkAddress("http://10.0.0.1/x", origin, { allowPrivate: true, allowHttp: true }),
    ).not.toThrow();
  });
});

describe("version signalling", () => {
  it("adds the header to any kind of headers, once", () => {
    expect(withCodecClientVersion({ method: "POST", headers: { a: "b" } })).toEqual({
      method: "POST",
      headers: { a: "b", "codec-client-version": "0.5" },
    });
    expect(withCodecClientVersion({ headers: [["Codec-Client-Version", "0.3"]] }).headers).toEqual({
      "Codec-Client-Version": "0.3",
    });
    expect(withCodecClientVersion({ headers: new Headers({ x: "y" }) }, "0.4").headers).toEqual({
      x: "y",
      "codec-client-version": "0.4",
    });
    expect(withCodecClientVersion().headers).toEqual({ "codec-client-version": "0.5" });
  });

  it("reads a 426", async () => {
    const body = {
      error: "codec_version_required",
      minimum_version: "0.6",
      required_features: ["x"],
      client_version: "0.5",
    };
    const error = await parseVersionRequired(new Response(JSON.stringify(body), { status: 426 }));
    expect(error).toBeInstanceOf(CodecVersionRequiredError);
    expect(error).toMatchObject({ minimumVersion: "0.6", requiredFeatures: ["x"], clientVersion: "0.5" });
    expect(await parseVersionRequired(new Response("no", { status: 426 }))).not.toBeInstanceOf(
      CodecVersionRequiredError,
    );
    expect(await parseVersionRequired(new Response("ok"))).toBeNull();
  });

  it("compares versions, with its two readings of absence", () => {
    expect(clientKnowsHeader(undefined, "Codec-Tokenizer-Map")).toBe(true);
    expect(clientKnowsHeader(undefined, "Codec-Safety-Policy")).toBe(false);
    expect(clientKnowsHeader("0.10", "Codec-Safety-Policy")).toBe(true);
    expect(meetsMinimum(undefined, "0.2")).toBe(false);
    expect(meetsMinimum("1.0", "0.9")).toBe(true);
    expect(meetsMinimum("v0.9", "0.1")).toBe(false);
  });

  it("finds a version policy, or none", async () => {
    const origin = "https://engine.example";
    const { fetchImpl, requests } = site({
      [`${origin}/.well-known/codec/version-policy.json`]: JSON.stringify({
        minimum_version: "0.4",
        required_features: [],
      }),
    });
    expect(await discoverVersionPolicy({ origin, fetchImpl })).toEqual({
      minimum_version: "0.4",
      required_features: [],
    });
    expect(requests[0]?.headers).toEqual({ "codec-client-version": "0.5" });
    expect(await discoverVersionPolicy({ origin: "https://none.example", fetchImpl })).toBeNull();
    const broken = site({ [`${origin}/.well-known/codec/version-policy.json`]: { status: 500 } });
    await expect(discoverVersionPolicy({ origin, fetchImpl: broken.fetchImpl })).rejects.toThrow(CodecError);
  });
});

describe("compression", () => {
  it("reads quality values", () => {
    expect([...parseAcceptEncoding("gzip;q=0, BR ; q=0.5, *;q=0, x-gzip")]).toEqual([
      ["gzip", 1],
      ["br", 0.5],
      ["*", 0],
    ]);
    expect(buildAcceptEncoding()).toBe("gzip;q=1.0, br;q=0.5");
    expect(buildAcceptEncoding({ zstd: true })).toContain("zstd");
  });

  it.each([
    [{}, "identity"],
    [{ acceptEncoding: "gzip, br" }, "gzip"],
    [{ acceptEncoding: "gzip;q=0, br" }, "br"],
    [{ acceptEncoding: "*" }, "gzip"],
    [{ acceptEncoding: "zstd, gzip", serverSupports: ["zstd", "gzip", "identity"] }, "gzip"],
    [{ acceptEncoding: "zstd, gzip", serverSupports: ["zstd", "gzip"], zstdHasDict: true }, "zstd"],
    [
      {
        acceptEncoding: "zstd",
        serverSupports: ["zstd"],
        zstdHasDict: true,
        profile: { zstd: { ratio: 1, ttftRatio: 334 } },
      },
      "identity",
    ],
    [
      {
        acceptEncoding: "zstd, br",
        serverSupports: ["zstd", "br"],
        zstdHasDict: true,
        sample: new Uint8Array(99),
      },
      "br",
    ],
    [{ acceptEncoding: "gzip", interactive: true, format: "protobuf" }, "identity"],
    [{ acceptEncoding: "gzip, identity;q=0", interactive: true, format: "protobuf" }, "gzip"],
    [{ acceptEncoding: "gzip", estimatedSize: 10 }, "identity"],
  ] as const)("%j → %s", (options, encoding) => {
    const picked = pickEncoding(options);
    expect(picked.encoding).toBe(encoding);
    expect(describeRule(picked.reason)).not.toMatch(/Unknown/);
  });

  it("measures entropy", () => {
    expect(shannonEntropyBitsPerByte(new Uint8Array(0))).toBe(0);
    expect(shannonEntropyBitsPerByte(Uint8Array.from({ length: 256 }, (_, index) => index))).toBe(8);
  });

  it("picks dictionaries by hash and by nothing else", async () => {
    const dictionary = Uint8Array.of(1, 2, 3);
    const name = await hashZstdDict(dictionary);
    const loaded = new Map([[name, dictionary]]);
    const zstd = { "Content-Encoding": "zstd" };
    expect(selectZstdDictForResponse(new Headers({ "content-encoding": "gzip" }), loaded)).toBeNull();
    expect(selectZstdDictForResponse({ ...zstd, "Codec-Zstd-Dict": name }, loaded)).toBe(dictionary);
    expect(selectZstdDictForResponse(zstd, loaded, { assumeDict: name })).toBe(dictionary);
    for (const header of [undefined, name.toUpperCase(), `sha256:${"0".repeat(64)}`]) {
      expect(() => selectZstdDictForResponse({ ...zstd, "codec-zstd-dict": header }, loaded)).toThrow(
        CodecZstdDictError,
      );
    }
    const origin = "https://engine.example";
    const url = `${origin}/.well-known/codec/dicts/${name.slice(7)}.zstd`;
    expect(
      await discoverZstdDict({
        origin,
        hash: name.slice(7),
        fetchImpl: site({ [url]: dictionary }).fetchImpl,
      }),
    ).toEqual(dictionary);
    await expect(
      discoverZstdDict({ origin, hash: name, fetchImpl: site({ [url]: "x" }).fetchImpl }),
    ).rejects.toThrow(ZstdDictHashMismatchError);
    await expect(discoverZstdDict({ origin, hash: name, fetchImpl: site({}).fetchImpl })).rejects.toThrow(
      ZstdDictDiscoveryError,
    );
    await expect(discoverZstdDict({ origin, hash: "zz", fetchImpl: site({}).fetchImpl })).rejects.toThrow(
      ZstdDictDiscoveryError,
    );
  });
});
