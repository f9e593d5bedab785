// The events of a response that is only kept as an object: what a client would have seen, with one delta per part.

import { clientCallEvents, emptyClientCall } from "./client-call.ts";
import type { ResponseEvent } from "./encoder.ts";
import type { OutputItem, ResponseObject } from "./object.ts";
import { emptyToolItem, toolItemEvents } from "./tool-call-items.ts";

type Body = Readonly<Record<string, unknown>>;

function itemEvents(item: OutputItem, index: number): [string, Body][] {
  const place = { item_id: item.id, output_index: index };
  const at = { ...place, content_index: 0 };
  switch (item.type) {
    case "message": {
      const part = item.content[0];
      if (part === undefined) return [];
      return [
        [
          "response.content_part.added",
          { ...at, part: { ...part, text: "", logprobs: [], annotations: [] } },
        ],
        ["response.output_text.delta", { ...at, delta: part.text, logprobs: part.logprobs }],
        ...part.annotations.map((annotation, annotation_index): [string, Body] => [
          "response.output_text.annotation.added",
          { ...at, annotation_index, annotation },
        ]),
        ["response.output_text.done", { ...at, text: part.text, logprobs: part.logprobs }],
        ["response.content_part.done", { ...at, part }],
      ];
    }
    case "reasoning": {
      const part = item.content[0];
      if (part === undefined) return [];
      return [
        ["response.content_part.added", { ...at, part: { ...part, text: "" } }],
        ["response.reasoning_text.delta", { ...at, delta: part.text }],
        ["response.reasoning_text.done", { ...at, text: part.text }],
        ["response.content_part.done", { ...at, part }],
      ];
    }
    case "function_call":
    case "custom_tool_call":
      return clientCallEvents(item).map(([type, body]) => [type, { ...place, ...body }]);
    default:
      return toolItemEvents(item).map(([type, body]) => [type, { ...place, ...body }]);
  }
}

/** The item as it was when it was added: without what came later. */
function emptyItem(item: OutputItem): Body {
  const empty = { ...item, status: "in_progress" };
  switch (item.type) {
    case "function_call":
    case "custom_tool_call":
      return { ...emptyClientCall(item) };
    case "message":
      return { ...empty, content: [] };
    case "reasoning":
      return { ...empty, content: [], summary: [] };
    default:
      return emptyToolItem(item);
  }
}

/** Events that fold to this response. A response that is not finished has no terminal event yet. */
export function replayEvents(response: ResponseObject): ResponseEvent[] {
  const early = {
    ...response,
    status: "in_progress",
    output: [],
    usage: null,
    completed_at: null,
    incomplete_details: null,
  };
  const events: [string, Body][] = [
    ["response.created", { response: early }],
    ["response.in_progress", { response: early }],
  ];
  response.output.forEach((item, index) => {
    events.push(
      ["response.output_item.added", { output_index: index, item: emptyItem(item) }],
      ...itemEvents(item, index),
      ["response.output_item.done", { output_index: index, item }],
    );
  });
  if (response.status !== "queued" && response.status !== "in_progress") {
    events.push([`response.${response.status}`, { response }]);
  }
  return events.map(([type, body], index) => ({ type, sequence_number: index, ...body }));
}
