import type { Encoding } from "@tokenwire/core/tokenizer/packed";
import { vocabulary } from "#vocabulary/voyage3_base";
import { createOnce } from "./create.ts";
import { voyage3 } from "./definitions.ts";

/** The encoding `voyage3_base`. A bundle that imports it from here holds no other encoding's data. */
export const encoding: Encoding = /* @__PURE__ */ createOnce(voyage3, vocabulary);
