// Routing policies by name.

import { didYouMean, TokenwireError } from "@tokenwire/core";
import { consistentHashing } from "./consistent-hashing.ts";
import { leastLoad } from "./least-load.ts";
import { leastOutstanding } from "./least-outstanding.ts";
import type { PolicyKind } from "./policy.ts";
import { powerOfTwo } from "./power-of-two.ts";
import { prefix } from "./prefix.ts";
import { prefixHash } from "./prefix-hash.ts";
import { random } from "./random.ts";
import { roundRobin } from "./round-robin.ts";

export type PolicyName =
  | "prefix"
  | "prefix-hash"
  | "consistent-hashing"
  | "least-load"
  | "least-outstanding"
  | "power-of-two"
  | "round-robin"
  | "random";

/** A policy, also as SMG spells it; its `cache_aware` is `prefix`. */
export type BalancePolicy =
  | PolicyName
  | "cache_aware"
  | "prefix_hash"
  | "consistent_hashing"
  | "least_load"
  | "power_of_two"
  | "round_robin";

const kinds: Readonly<Record<PolicyName, PolicyKind>> = {
  prefix,
  "prefix-hash": prefixHash,
  "consistent-hashing": consistentHashing,
  "least-load": leastLoad,
  "least-outstanding": leastOutstanding,
  "power-of-two": powerOfTwo,
  "round-robin": roundRobin,
  random,
};

/** The policies that a balanced engine knows, the default first. */
export const policyNames: readonly PolicyName[] = Object.keys(kinds) as PolicyName[];

/** @throws INVALID_ARGUMENT for an unknown name, with those that are known */
export function findPolicy(given: string): PolicyKind & { readonly name: PolicyName } {
  const spelled = given.toLowerCase().replaceAll("_", "-");
  const wanted = spelled === "cache-aware" ? "prefix" : spelled;
  const name = policyNames.find((known) => known === wanted);
  if (name !== undefined) return { ...kinds[name], name };
  throw new TokenwireError(
    "INVALID_ARGUMENT",
    `Unknown routing policy ${JSON.stringify(given)}. Known policies: ${policyNames.join(", ")}.${didYouMean(spelled, policyNames)}`,
  );
}
