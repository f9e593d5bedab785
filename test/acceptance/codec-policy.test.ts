// Hashes of safety-policy descriptors under both rules.

import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { hashSafetyPolicy, type SafetyPolicyDescriptor } from "@tokenwire/core/codec";
import { describe, expect, it } from "vitest";

const file = join(import.meta.dirname, "../../../shared/acceptance/codec/safety-policy-hash.json");

interface Vector {
  readonly name: string;
  readonly descriptor: SafetyPolicyDescriptor;
  readonly ts_hash: string;
  readonly python_hash: string;
}

describe.skipIf(!existsSync(file))("acceptance: safety-policy hashes", () => {
  const vectors = existsSync(file)
    ? (JSON.parse(readFileSync(file, "utf8")) as { vectors: readonly Vector[] }).vectors
    : [];

  it.each(vectors.map((vector) => [vector.name, vector] as const))("%s", async (_name, vector) => {
    expect(await hashSafetyPolicy(vector.descriptor, { rule: "as-given" })).toBe(vector.ts_hash);
    expect(await hashSafetyPolicy(vector.descriptor)).toBe(vector.python_hash);
  });
});
