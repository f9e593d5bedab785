export { setMetricsHook } from "@tokenwire/core/tokenizer/packed";
export { type EncodingName, type HarmonyPreset, harmonySpecialTokens } from "./definitions.ts";
export {
  encodingForModel,
  encodingNameForModel,
  listSupportedModels,
  UnsupportedModelError,
} from "./models.ts";
export { getEncoding, listEncodingNames, loadEncoding } from "./registry.ts";
