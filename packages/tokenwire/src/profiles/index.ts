export { createHarmonyProfile, type HarmonyProfileOptions } from "./harmony.ts";
