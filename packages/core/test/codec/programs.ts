// Programs of well-known tokenizers, as the map format describes them.

import type { PreTokOp, PreTokProgram } from "@tokenwire/core/codec";

const contractions = ["'s", "'t", "'re", "'ve", "'m", "'ll", "'d"];
const tail: readonly PreTokOp[] = [{ op: "newline_block" }, { op: "trailing_ws" }, { op: "ws_run" }];

const cl100k: readonly PreTokOp[] = [
  { op: "literals_ci", patterns: contractions },
  { op: "letters", lead_other: true },
  { op: "numbers", max_run: 3 },
  { op: "punct_run", lead_space: true, trailing_newlines: true },
  ...tail,
];

const gpt2: readonly PreTokOp[] = [
  { op: "literals", patterns: contractions },
  { op: "letters", lead_space: true },
  { op: "numbers", lead_space: true },
  { op: "punct_run", lead_space: true },
  { op: "trailing_ws" },
  { op: "ws_run" },
];

const o200k: readonly PreTokOp[] = [
  { op: "letters_cased", kind: "title", lead_other: true, trailing_ci: contractions },
  { op: "letters_cased", kind: "upper", lead_other: true, trailing_ci: contractions },
  { op: "numbers", max_run: 3 },
  { op: "punct_run", lead_space: true, trailing_chars: "\r\n/" },
  ...tail,
];

export const programs: Readonly<Record<string, PreTokProgram>> = {
  cl100k: { version: 1, ops: cl100k },
  gpt2: { version: 1, ops: gpt2 },
  o200k: { version: 1, ops: o200k },
  smollm2: {
    version: 2,
    stages: [
      { stage: "digits_isolate", mode: "individual" },
      { stage: "alternation", ops: gpt2 },
    ],
  },
  falcon: {
    version: 2,
    stages: [
      { stage: "punctuation_contiguous" },
      { stage: "alternation", ops: gpt2 },
      { stage: "digits_isolate", mode: "grouped" },
      { stage: "digit_triples_isolate" },
    ],
  },
  deepseek: {
    version: 2,
    stages: [
      { stage: "digits_isolate", mode: "grouped", max_run: 3 },
      { stage: "cjk_isolate" },
      {
        stage: "alternation",
        ops: [
          { op: "punct_ascii_letters" },
          { op: "letters", lead_other: true, lead_other_class: "l_p_s", body: "L_M" },
          { op: "punct_run", lead_space: true, trailing_newlines: true, charset: "p_s" },
          ...tail,
        ],
      },
    ],
  },
};
