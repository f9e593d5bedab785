export { createHarmonyProfile, type HarmonyProfileOptions } from "./harmony.ts";
export { fetchModelFolder, type HubOptions, isHubName } from "./hub.ts";
export { type ResolveProfileOptions, resolveProfile } from "./resolve-profile.ts";
export type { Derivation, ResolvedProfile } from "./resolved-profile.ts";
