import type { Encoding } from "@tokenwire/core/tokenizer/packed";
import { data } from "../data/cl100k_base.js";
import { createOnce } from "./create.ts";
import { definitions } from "./definitions.ts";

/** The encoding `cl100k_base`. A bundle that imports it from here holds no other encoding's data. */
export const encoding: Encoding = /* @__PURE__ */ createOnce(definitions.cl100k_base, () => data);
