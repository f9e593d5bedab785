// The names of openai-harmony's own bindings, for programs that move from them.

export { getToolNamespaceConfig as get_tool_namespace_config } from "./builtin-tools.ts";
export {
  HarmonyEncoding as JsHarmonyEncoding,
  loadHarmonyEncoding as load_harmony_encoding,
} from "./harmony-encoding.ts";
export { StreamableParser as JsStreamableParser } from "./streamable-parser.ts";
