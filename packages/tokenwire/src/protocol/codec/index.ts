export { type BinaryAnswer, type BinaryAnswerOptions, createBinaryAnswer } from "./answer.ts";
export {
  type AnswerShape,
  type CodecFields,
  checkAnswerShape,
  parseCodecFields,
  type ToolWatcherRequest,
  toCompletionBody,
} from "./request.ts";
export {
  BINARY_FORMATS,
  type BinaryFormat,
  bodyFormatOf,
  codecFieldNames,
  contentTypeOf,
  type FormatRequest,
  negotiateFormat,
} from "./stream-format.ts";
