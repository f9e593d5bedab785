import {
  discoverSafetyPolicy,
  type FetchLike,
  hashSafetyPolicy,
  lintSafetyPolicy,
  loadSafetyPolicy,
  parseSafetyPolicy,
  type SafetyPolicyDescriptor,
  SafetyPolicyDiscoveryNotFoundError,
  SafetyPolicyHashMismatchError,
  SafetyPolicyValidationError,
  safetyPolicyCanonicalBytes,
  sanitizeSafetyPolicy,
  validateSafetyPolicy,
} from "@tokenwire/core/codec";
import { describe, expect, it } from "vitest";

const policy: SafetyPolicyDescriptor = {
  id: "acme/mild",
  version: "1",
  category_registry: "acme/registry",
  tokenizers: ["acme/tiny"],
  categories: [{ name: "secrets", action: "stop" }],
  classifier: { family: "none" },
};

const serve =
  (pages: Readonly<Record<string, Uint8Array>>): FetchLike =>
  async (url) => {
    const page = pages[url];
    return {
      ok: page !== undefined,
      status: page === undefined ? 404 : 200,
      arrayBuffer: async () => Uint8Array.from(page ?? []).buffer,
    };
  };

describe("safety policies", () => {
  it.each([
    ["null for an optional field", { ...policy, category_registry: null }],
    ["a boolean count", { ...policy, rules_summary: { regex_pattern_count: true } }],
    ["an unsafe count", { ...policy, rules_summary: { regex_pattern_count: 2 ** 53 } }],
    ["a name with a newline", { ...policy, categories: [{ name: "pii\n", action: "stop" }] }],
    ["another version", { ...policy, version: "2" }],
    ["an unknown action", { ...policy, categories: [{ name: "pii", action: "warn" }] }],
    ["no categories", { ...policy, categories: [] }],
    ["an unknown key", { ...policy, extra: 1 }],
    ["an unknown key inside", { ...policy, classifier: { family: "x", thresholds: [1] } }],
    ["a lone surrogate", { ...policy, id: "a/\ud800" }],
    ["a missing field", { ...policy, classifier: undefined }],
    ["internal rules", { ...policy, banned_token_ids: [1, 2] }],
  ])("refuses %s", (_name, value) => {
    expect(() => validateSafetyPolicy(value)).toThrow(SafetyPolicyValidationError);
  });

  it("hashes by both rules", async () => {
    expect(new TextDecoder().decode(safetyPolicyCanonicalBytes(policy))).toMatch(
      /"classifier"[\s\S]*"category_registry"[\s\S]*\}\n$/,
    );
    expect(await hashSafetyPolicy(policy)).not.toBe(await hashSafetyPolicy(policy, { rule: "as-given" }));
    const ordered = parseSafetyPolicy(safetyPolicyCanonicalBytes(policy));
    expect(await hashSafetyPolicy(ordered)).toBe(await hashSafetyPolicy(ordered, { rule: "as-given" }));
  });

  it("publishes nothing internal", () => {
    const { descriptor, dropped } = sanitizeSafetyPolicy({
      ...policy,
      banned_token_ids: [1, 2, 3],
      regex_patterns: ["x"],
      rules_summary: { regex_pattern_count: 7 },
      classifier: { family: "x", thresholds: { pii: 0.5 }, weights_url: "https://w" },
      classifier_internal: {},
      note: "hello",
    });
    expect(descriptor.rules_summary).toEqual({ banned_token_id_count: 3, regex_pattern_count: 7 });
    expect(JSON.stringify(descriptor)).not.toMatch(/threshold|weights|note|internal/);
    expect(dropped).toEqual([
      "classifier.thresholds",
      "classifier.weights_url",
      "banned_token_ids",
      "regex_patterns",
      "classifier_internal",
      "note",
    ]);
  });

  it("notes what is probably not meant", () => {
    const notes = lintSafetyPolicy({
      ...policy,
      categories: [...policy.categories, { name: "secrets", action: "flag" }],
      client_hooks: { prefilter_categories: ["pii"] },
      published_at: "yesterday",
      publisher: { url: "acme" },
    });
    expect(notes).toHaveLength(4);
  });

  it("verifies the bytes received, and shows both hashes when they differ", async () => {
    const url = "https://p.example/a.json";
    const bytes = safetyPolicyCanonicalBytes(policy);
    const hash = await hashSafetyPolicy(policy);
    expect(await loadSafetyPolicy({ url, hash, fetchImpl: serve({ [url]: bytes }) })).toMatchObject({
      id: "acme/mild",
    });
    const other = Buffer.from(JSON.stringify(policy));
    const error = await loadSafetyPolicy({ url, hash, fetchImpl: serve({ [url]: other }) }).catch(
      (caught: unknown) => caught,
    );
    expect(error).toBeInstanceOf(SafetyPolicyHashMismatchError);
    expect(error).toMatchObject({ fixedHash: hash });
  });

  it("discovers by id and by hash, warning of what should not be there", async () => {
    const origin = "https://e.example";
    const base = `${origin}/.well-known/codec/policies`;
    const bytes = safetyPolicyCanonicalBytes(policy);
    const hash = await hashSafetyPolicy(policy);
    const leaky = Buffer.from(JSON.stringify({ ...policy, banned_token_ids: [] }));
    const fetchImpl = serve({
      [`${base}/acme/mild.json`]: Buffer.from(
        JSON.stringify({ id: "acme/mild", url: "https://cdn.example/p", hash }),
      ),
      "https://cdn.example/p": bytes,
      [`${base}/sha256/${hash.slice(7)}.json`]: bytes,
      [`${origin}/leaky/.well-known/codec/policies/acme/mild.json`]: leaky,
    });
    expect((await discoverSafetyPolicy({ origin, id: "acme/mild", fetchImpl })).id).toBe("acme/mild");
    expect((await discoverSafetyPolicy({ origin, id: "acme/mild", hash, fetchImpl })).id).toBe("acme/mild");
    await expect(discoverSafetyPolicy({ origin, id: "acme/none", fetchImpl })).rejects.toThrow(
      SafetyPolicyDiscoveryNotFoundError,
    );
    const warnings: string[] = [];
    await discoverSafetyPolicy({
      origin: `${origin}/leaky`,
      id: "acme/mild",
      fetchImpl,
      onWarning: ({ message }) => warnings.push(message),
    });
    expect(warnings).toEqual([
      "The policy has the unknown field banned_token_ids. It should not have been published.",
    ]);
  });
});
