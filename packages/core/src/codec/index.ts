export type { ByteReader, ByteStream, DecodedStream } from "./byte-stream.ts";
export { CodecError, CodecFrameError, CodecLimitError, CodecStreamTruncatedError } from "./codec-error.ts";
export {
  type DiscoverMapOptions,
  discoverIndex,
  discoverMap,
  type MapIndex,
} from "./discovery/discover-map.ts";
export { type FetchAndConvertOptions, fetchAndConvert } from "./discovery/fetch-and-convert.ts";
export {
  type AddressRules,
  checkAddress,
  FetchFailure,
  type FetchLike,
  type FetchOptions,
  type FetchResponse,
  fetchBytes,
} from "./discovery/fetch-bytes.ts";
export { type LoadMapOptions, loadMap, type MapWarning, verifyMapBytes } from "./discovery/load-map.ts";
export { type MapCache, MemoryMapCache } from "./discovery/map-cache.ts";
export { normalizeHash } from "./discovery/pinned-hash.ts";
export type { MapPointer } from "./discovery/pointer.ts";
export {
  checkPublishableId,
  isPublishableId,
  POLICY_WELL_KNOWN_BASE,
  WELL_KNOWN_BASE,
  wellKnownDictUrl,
  wellKnownIndexUrl,
  wellKnownMapUrl,
  wellKnownPolicyHashUrl,
  wellKnownPolicyUrl,
  wellKnownVersionPolicyUrl,
} from "./discovery/well-known.ts";
export {
  type CodecRequest,
  type DecodedCodecRequest,
  decodeCodecRequest,
  encodeCodecRequest,
} from "./frames/codec-request.ts";
export { zigzagDecode, zigzagEncode } from "./frames/delta.ts";
export {
  type DeltaFrame,
  decodeDeltaFrame,
  decodeDeltaStream,
  encodeDeltaFrame,
  encodeDeltaStream,
} from "./frames/delta-frame.ts";
export {
  type CodecFrame,
  type CodecToolCall,
  DecodedFrame,
  type FinishReason,
  type FrameLimits,
  type StreamEnd,
  toOpenAiReason,
  toWireReason,
  type WireFrame,
} from "./frames/frame.ts";
export {
  decodeMsgpackFrame,
  decodeProtobufFrame,
  FrameDecoder,
  type FrameDecoderOptions,
} from "./frames/frame-decoder.ts";
export {
  encodeMsgpackFrame,
  encodeProtobufFrame,
  FRAME_FORMATS,
  FrameEncoder,
  type FrameEncoderOptions,
  type FrameFormat,
} from "./frames/frame-encoder.ts";
export {
  type DecodeStreamOptions,
  decodeMsgpackStream,
  decodeProtobufStream,
  decodeStream,
  type StreamFormat,
} from "./frames/frame-stream.ts";
export { CODEC_PROTO } from "./frames/schema.ts";
export { decodeCompactMap, encodeCompactMap, isCompactMap, parseMap } from "./maps/compact-map.ts";
export { type ConvertHFOptions, convertHFTokenizer } from "./maps/convert-hf.ts";
export {
  type ConvertTiktokenOptions,
  convertTiktoken,
  mapFromEncoding,
  type TiktokenSource,
} from "./maps/convert-tiktoken.ts";
export {
  MapDiscoveryError,
  MapDiscoveryNotFoundError,
  TokenizerMapHashMismatchError,
  TokenizerMapValidationError,
} from "./maps/map-error.ts";
export { BYTE_TO_CHAR, CHAR_TO_BYTE, METASPACE } from "./maps/map-vocabulary.ts";
export {
  hashMap,
  type MapAddedToken,
  type MapExtension,
  type MapNormalizer,
  makeMap,
  serializeMap,
  TokenizerMap,
  type ToolCallingBlock,
  type ZstdDictionaryEntry,
} from "./maps/tokenizer-map.ts";
export { deriveToolCalling, type ToolCallingOptions } from "./maps/tool-calling.ts";
export { validateMap } from "./maps/validate-map.ts";
export {
  CODEC_CLIENT_VERSION,
  CODEC_CLIENT_VERSION_HEADER,
  CODEC_MIN_VERSION_HEADER,
  CODEC_REQUIRED_FEATURES_HEADER,
  CodecVersionRequiredError,
  clientKnowsHeader,
  discoverVersionPolicy,
  meetsMinimum,
  parseCodecVersion,
  parseVersionRequired,
  type VersionPolicy,
  withCodecClientVersion,
} from "./negotiation/client-version.ts";
export {
  buildAcceptEncoding,
  type CompressionProfile,
  type ContentEncoding,
  describeRule,
  type EncodingProfile,
  type PickEncodingOptions,
  type PickedEncoding,
  parseAcceptEncoding,
  pick,
  pickEncoding,
  profileFor,
  qualityOf,
  shannonEntropyBitsPerByte,
} from "./negotiation/content-encoding.ts";
export {
  CodecZstdDictError,
  discoverZstdDict,
  hashZstdDict,
  selectZstdDictForResponse,
  ZstdDictDiscoveryError,
  ZstdDictHashMismatchError,
} from "./negotiation/zstd-dictionary.ts";
export {
  type DiscoverSafetyPolicyOptions,
  discoverSafetyPolicy,
  type LoadSafetyPolicyOptions,
  loadSafetyPolicy,
  MemorySafetyPolicyCache,
  type SafetyPolicyCache,
} from "./policy/load-policy.ts";
export {
  hashSafetyPolicy,
  type PolicyBytesOptions,
  parseSafetyPolicy,
  safetyPolicyCanonicalBytes,
} from "./policy/policy-bytes.ts";
export {
  SafetyPolicyDiscoveryError,
  SafetyPolicyDiscoveryNotFoundError,
  SafetyPolicyHashMismatchError,
  SafetyPolicyValidationError,
} from "./policy/policy-error.ts";
export type { PolicyAction, SafetyPolicyDescriptor } from "./policy/policy-schema.ts";
export { type SanitizedPolicy, sanitizeSafetyPolicy } from "./policy/sanitize-policy.ts";
export {
  lintSafetyPolicy,
  type ValidateSafetyPolicyOptions,
  validateSafetyPolicy,
} from "./policy/validate-policy.ts";
export { type PreTokOp, type PreTokProgram, type PreTokStage, parsePreTokProgram } from "./pretok/program.ts";
export { type CompiledPreTokenizer, compileHFPreTokenizer } from "./pretok/recognise.ts";
export { runPreTokProgram, runPreTokProgramPartial } from "./pretok/run-program.ts";
export {
  type RegionCallback,
  type RegionKind,
  type RegionRule,
  RegionScanner,
} from "./regions/region-scanner.ts";
export {
  DEFAULT_REGION_CAP,
  ToolWatcher,
  ToolWatcherError,
  type ToolWatcherOptions,
  type WatcherEvent,
} from "./regions/tool-watcher.ts";
export {
  Detokenizer,
  type DetokenizerOptions,
  decodeByteLevelToken,
  detokenize,
  encodeByteLevelChars,
  type RenderOptions,
} from "./text/detokenizer.ts";
export { type LongestMatchOptions, LongestMatchTokenizer } from "./tokenize/longest-match.ts";
export {
  BPETokenizer,
  bpeEncode,
  type MapEncodeOptions,
  type MapTokenizer,
  type MapTokenizer as Tokenizer,
  type MapTokenizerOptions,
  pickTokenizer,
  tokenize,
} from "./tokenize/map-tokenizer.ts";
export type {
  TokenwireErrorBody,
  TokenwireEvent,
  TokenwireLogprob,
  TokenwireMode,
  TokenwireStop,
  TokenwireToolCallDelta,
  TokenwireUsage,
} from "./tokenwire/record.ts";
export {
  decodeTokenwireStream,
  TokenwireDecoder,
  type TokenwireLimits,
  TokenwireTruncatedError,
} from "./tokenwire/tokenwire-decoder.ts";
export { TokenwireEncoder } from "./tokenwire/tokenwire-encoder.ts";
export type { StreamEncoderOptions } from "./translate/stream-encoder.ts";
export {
  staticTranslationTable,
  Translator,
  type TranslatorOptions,
  translate,
} from "./translate/translator.ts";
