export { decodeBase64, encodeBase64 } from "./base64.ts";
export { Sha256, sha256, sha256Hex } from "./sha256.ts";
export {
  continuesUtf8,
  decodeUtf8,
  decodeUtf8Strict,
  encodeUtf8,
  incompleteUtf8Tail,
  type NodeBuffer,
  nodeBuffer,
  Utf8Decoder,
  utf8SequenceLength,
  validUtf8Length,
} from "./utf8.ts";
export { MAX_VARINT32_BYTES, readVarint, varintLength, writeVarint } from "./varint.ts";
