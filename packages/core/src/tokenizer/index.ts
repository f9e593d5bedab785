export type {
  DecodeOptions,
  EncodeOptions,
  SpecialTokenSet,
  StreamDecoder,
  TokenCounter,
  TokenCounterMark,
  Tokenizer,
} from "./tokenizer.ts";
