import type { Encoding } from "@tokenwire/core/tokenizer/packed";
import { data } from "../data/voyage3_base.js";
import { createOnce } from "./create.ts";
import { definitions } from "./definitions.ts";

/** The encoding `voyage3_base`. A bundle that imports it from here holds no other encoding's data. */
export const encoding: Encoding = /* @__PURE__ */ createOnce(definitions.voyage3_base, () => data);
