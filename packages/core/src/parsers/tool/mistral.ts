// Mistral: `[TOOL_CALLS]`, then a JSON list (tokenizers before version 11) or `NAME{…}` per marker (11 and later,
// with `[ARGS]` between name and arguments from 13 on).

import type { ToolFormat } from "../format.ts";
import { mistralCallId } from "../identity.ts";
import { callElement, jsonListSection } from "../json-list.ts";
import { MarkerSet } from "../marker-set.ts";
import type { Task } from "../reader.ts";
import { jsonCallText } from "../render.ts";
import type { ToolReader } from "../tool-reader.ts";

const marker = "[TOOL_CALLS]";
const discard = ["</s>"];
const top = new MarkerSet([marker, ...discard]);
const nameEnd = new MarkerSet(["{", "[ARGS]", "[CALL_ID]", marker]);
const segmentEnd = new MarkerSet([marker]);
const list = { close: new MarkerSet([]), element: callElement(), single: true };

export const mistral: ToolFormat = {
  name: "mistral",
  aliases: { smg: ["mistral"], vllm: ["mistral"], sglang: ["mistral"] },
  markers: [marker, "[ARGS]", "[CALL_ID]"],
  discard,
  rules: {
    vllm: { onInvalid: "keep", onTruncated: "keep", emptySection: "drop" },
    tokenwire: { onTruncated: "keep" },
  },
  id: mistralCallId,
  *read(reader) {
    while ((yield* reader.text(top)) !== undefined) yield* afterMarker(reader);
  },
  render: (calls) => `${marker} [${calls.map((call) => jsonCallText(call)).join(", ")}]`,
};

function* afterMarker(reader: ToolReader): Task {
  const space = yield* reader.space();
  const code = yield* reader.peek();
  const smg = reader.rules.dialect === "smg";
  if (smg && !(space.startsWith(" ") && code === 91)) {
    reader.fail("bad-syntax");
  } else if (code === 91 || code === 123) {
    yield* listAfterMarker(reader);
  } else if (space !== "") {
    // Only the older form has a space here, and this is not its list.
    reader.emit.diagnostic("bad-syntax", reader.input.captured);
    if (reader.rules.dialect === "vllm") reader.drop();
  } else {
    yield* named(reader);
  }
}

function* listAfterMarker(reader: ToolReader): Task {
  const outcome = yield* jsonListSection(reader, list);
  if (outcome === "ok" || outcome === "end" || reader.rules.dialect !== "vllm") return;
  // vLLM shows nothing of a list that it could not read.
  yield* reader.until(segmentEnd);
  reader.drop("noise");
}

/** `NAME{…}`, `NAME[ARGS]{…}`, `NAME[CALL_ID]id[ARGS]{…}`. */
function* named(reader: ToolReader): Task {
  reader.openCall();
  let name = "";
  let id: string | undefined;
  let end: string | undefined;
  for (let part: "name" | "id" = "name"; ; ) {
    const found = yield* reader.textUntil(nameEnd);
    if (part === "name") name += found.text;
    else id = found.text.trim();
    end = found.marker;
    if (end !== "[CALL_ID]" && end !== "[ARGS]") break;
    part = end === "[CALL_ID]" ? "id" : "name";
  }
  if (end === "{" || end === marker) reader.input.untake(end.length);
  if (end !== "{") {
    reader.discardCall("bad-syntax");
  } else if (reader.commit(name, id)) {
    yield* namedArguments(reader);
  } else {
    reader.fail("missing-name");
  }
}

function* namedArguments(reader: ToolReader): Task {
  const sink = (text: string) => reader.args(text);
  const outcome = yield* reader.jsonArguments();
  if (outcome === "ok") {
    reader.complete();
    return;
  }
  // The rest of the segment belongs to the broken arguments.
  if (outcome !== "end" && (yield* reader.until(segmentEnd, sink)) !== undefined) {
    reader.input.untake(marker.length);
  }
  reader.fail(outcome === "end" ? "truncated" : "bad-json");
}
