export {
  type BalancedEngine,
  type BalancedEngineOptions,
  type BalancePolicy,
  type BalanceStatistics,
  createBalancedEngine,
} from "./balanced-engine.ts";
export { type PrefixBlockOptions, prefixBlocks } from "./prefix-blocks.ts";
