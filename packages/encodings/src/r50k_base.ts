import type { Encoding } from "@tokenwire/core/tokenizer/packed";
import { vocabulary } from "#vocabulary/p50k_base";
import { createOnce } from "./create.ts";
import { r50k } from "./definitions.ts";

/** The encoding `r50k_base`. A bundle that imports it from here holds no other encoding's data. */
export const encoding: Encoding = /* @__PURE__ */ createOnce(r50k, vocabulary);
