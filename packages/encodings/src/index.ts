export { setMetricsHook } from "@tokenwire/core/tokenizer";
export { type EncodingName, type HarmonyPreset, harmonySpecialTokens } from "./definitions.ts";
export {
  encodingForModel,
  encodingNameForModel,
  listSupportedModels,
  UnsupportedModelError,
} from "./models.ts";
export { getEncoding, listEncodingNames, loadEncoding } from "./registry.ts";
