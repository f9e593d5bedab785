// The output of a grammar that forces calls: `[{"name": NAME, "parameters": {…}}, …]` and nothing else. A tool that is
// forced by name writes its arguments only; the name comes from the request.

import { bareValue } from "../bare-json.ts";
import type { ToolFormat } from "../format.ts";
import { faultOf, standardKeys } from "../json-call.ts";
import { MarkerSet } from "../marker-set.ts";
import type { Task } from "../reader.ts";
import { jsonCallText } from "../render.ts";
import type { ToolReader } from "../tool-reader.ts";

const nothing = new MarkerSet([]);

export const jsonArray: ToolFormat = {
  name: "json_array",
  aliases: { sglang: ["json_array"] },
  markers: [],
  *read(reader) {
    const space = yield* reader.space();
    const code = yield* reader.peek();
    reader.input.release();
    reader.emit.text(space);
    const { namedTool } = reader.options;
    if (namedTool !== undefined && code === 123) yield* argumentsOf(reader, namedTool);
    else if (code === 91 || code === 123) yield* bareValue(reader, standardKeys);
    yield* reader.text(nothing);
  },
  render: (calls) => `[${calls.map((call) => jsonCallText(call, "name", "parameters")).join(", ")}]`,
};

function* argumentsOf(reader: ToolReader, name: string): Task {
  reader.openCall();
  if (!reader.commit(name)) {
    reader.fail("missing-name");
    return;
  }
  const outcome = yield* reader.jsonArguments();
  if (outcome === "ok") reader.complete();
  else reader.fail(faultOf(outcome));
}
