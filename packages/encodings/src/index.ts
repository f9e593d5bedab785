export {
  type EncodingName,
  type HarmonyPreset,
  harmonySpecialTokens,
} from "./definitions.ts";
export { getEncoding, listEncodingNames, loadEncoding } from "./registry.ts";
