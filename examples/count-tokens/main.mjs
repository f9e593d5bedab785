// Counts, cuts and decodes text, and shows that a special token in user text is refused unless it is allowed.

import assert from "node:assert/strict";
import { getEncoding } from "@tokenwire/encodings";

const encoding = getEncoding("o200k_base");
const text = "tokenwire counts tokens — 速い!";

const ids = encoding.encode(text);
console.log(`${ids.length} tokens:`, [...ids].map((id) => encoding.decode([id])).join(" | "));
assert.equal(encoding.decode(ids), text);
assert.equal(encoding.count(text), ids.length);
assert.equal(encoding.countUpTo(text, 3), undefined);

assert.throws(() => encoding.encode("<|endoftext|>"), { code: "SPECIAL_TOKEN_IN_TEXT" });
assert.deepEqual([...encoding.encode("<|endoftext|>", { allowedSpecial: "all" })], [199999]);
assert.ok(encoding.encodeOrdinary("<|endoftext|>").length > 1);
