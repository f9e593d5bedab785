export { compareCodePoints } from "./compare.ts";
export {
  type DumpsOptions,
  type DumpsStyle,
  dumps,
  dumpsFloat,
  dumpsStyle,
  encloseDumped,
} from "./dumps.ts";
export { floatText } from "./float-text.ts";
export { JsonError } from "./json-error.ts";
export { type ParseJsonOptions, parseJson } from "./parse.ts";
export { completeJson, isJsonText, JsonScanner, type JsonScanStatus } from "./partial.ts";
export { fromPlain, toPlain } from "./plain.ts";
export { positionAt, type TextPosition } from "./position.ts";
export { quoteJson } from "./quote.ts";
export { type StringifyJsonOptions, stringifyJson } from "./stringify.ts";
export type { JsonObject, JsonValue } from "./value.ts";
export { JsonFloat } from "./value.ts";
