export { createBalancedEngine } from "./balanced-engine.ts";
export {
  type BalancedEngine,
  type BalancedEngineOptions,
  type BalanceStatistics,
  isBalancedEngine,
  type WorkerStatistics,
} from "./options.ts";
export type { ChoiceReason } from "./policies/policy.ts";
export { type BalancePolicy, type PolicyName, policyNames } from "./policies/registry.ts";
export { type PrefixBlockOptions, prefixBlocks } from "./prefix-blocks.ts";
