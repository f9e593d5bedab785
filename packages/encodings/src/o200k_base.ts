import type { Encoding } from "@tokenwire/core/tokenizer/packed";
import { vocabulary } from "#vocabulary/o200k_base";
import { createOnce } from "./create.ts";
import { o200k } from "./definitions.ts";

/** The encoding `o200k_base`. A bundle that imports it from here holds no other encoding's data. */
export const encoding: Encoding = /* @__PURE__ */ createOnce(o200k, vocabulary);
