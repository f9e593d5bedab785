import type { Encoding } from "@tokenwire/core/tokenizer/packed";
import { vocabulary } from "#vocabulary/p50k_base";
import { createOnce } from "./create.ts";
import { gpt2 } from "./definitions.ts";

/** The encoding `gpt2`. A bundle that imports it from here holds no other encoding's data. */
export const encoding: Encoding = /* @__PURE__ */ createOnce(gpt2, vocabulary);
