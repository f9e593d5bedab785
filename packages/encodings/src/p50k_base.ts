import type { Encoding } from "@tokenwire/core/tokenizer/packed";
import { vocabulary } from "#vocabulary/p50k_base";
import { createOnce } from "./create.ts";
import { p50k } from "./definitions.ts";

/** The encoding `p50k_base`. A bundle that imports it from here holds no other encoding's data. */
export const encoding: Encoding = /* @__PURE__ */ createOnce(p50k, vocabulary);
