// Calls written as bare JSON, without any marker: every bracket in the text may start one. A candidate is held until
// its first member tells, and what turns out to be something else is text again; no character is read twice.

import { faultOf, type JsonCallKeys, jsonCall } from "./json-call.ts";
import { callElement, jsonList, reportIncomplete } from "./json-list.ts";
import type { Task } from "./reader.ts";
import type { ToolReader } from "./tool-reader.ts";

/** Reads the candidate whose first bracket stands here. True: at least one call came of it. */
export function* bareValue(reader: ToolReader, keys: JsonCallKeys): Task<boolean> {
  const before = reader.started;
  reader.candidate = true;
  const code = yield* reader.peek();
  if (code === 91) {
    reader.openSection();
    const outcome = yield* jsonList(reader, callElement(keys));
    if (outcome !== "ok") reportIncomplete(reader);
    else if (keys.dropOthers && reader.sectionCalls === 0) reader.dropSection();
    reader.closeSection(false);
    return reader.started > before;
  }
  yield* bareObject(reader, keys);
  return reader.started > before;
}

/** Reads the object that starts here; what is captured already belongs to it. */
export function* bareObject(reader: ToolReader, keys: JsonCallKeys): Task<boolean> {
  reader.openCall(reader.options.limits.bareCandidate);
  const outcome = yield* jsonCall(reader, keys);
  if (outcome === "ok") reader.complete();
  else if (outcome === "not-call" && keys.dropOthers) reader.discardCall("missing-name");
  else reader.fail(faultOf(outcome));
  return outcome === "ok";
}
