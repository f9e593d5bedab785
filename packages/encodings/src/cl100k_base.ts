import type { Encoding } from "@tokenwire/core/tokenizer/packed";
import { vocabulary } from "#vocabulary/cl100k_base";
import { createOnce } from "./create.ts";
import { cl100k } from "./definitions.ts";

/** The encoding `cl100k_base`. A bundle that imports it from here holds no other encoding's data. */
export const encoding: Encoding = /* @__PURE__ */ createOnce(cl100k, vocabulary);
