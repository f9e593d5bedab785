// Calls that the client answers, as items and events: of functions, with JSON arguments, and of custom tools, with text.

import { newId } from "../ids.ts";
import type { ClientCallOutput, ItemStatus } from "./object.ts";
import type { ItemEvent } from "./tool-call-items.ts";

/** A call on its way to the client. */
export interface ClientCall {
  readonly id: string;
  readonly callId: string;
  readonly name: string;
  readonly isCustom: boolean;
}

export function newClientCall(callId: string, name: string, isCustom: boolean): ClientCall {
  return { id: newId(isCustom ? "ctc_" : "fc_"), callId, name, isCustom };
}

/** The item with this text as its arguments or input. */
export function clientCallItem(call: ClientCall, status: ItemStatus, text: string): ClientCallOutput {
  const { id, callId, name } = call;
  return call.isCustom
    ? { id, type: "custom_tool_call", status, call_id: callId, name, input: text }
    : { id, type: "function_call", status, call_id: callId, name, arguments: text };
}

export function clientCallDelta({ isCustom }: Pick<ClientCall, "isCustom">, text: string): ItemEvent {
  const type = isCustom ? "response.custom_tool_call_input.delta" : "response.function_call_arguments.delta";
  return [type, { delta: text }];
}

/** The event that announces the whole text; a call that was cut has none. */
export function clientCallDone(
  { isCustom, name }: Pick<ClientCall, "isCustom" | "name">,
  text: string,
): ItemEvent {
  return isCustom
    ? ["response.custom_tool_call_input.done", { input: text }]
    : ["response.function_call_arguments.done", { name, arguments: text }];
}

/** The events of a finished item, between the one that adds it and the one that is its end. */
export function clientCallEvents(item: ClientCallOutput): ItemEvent[] {
  const isCustom = item.type === "custom_tool_call";
  const text = isCustom ? item.input : item.arguments;
  const call = { isCustom, name: item.name };
  return [
    ...(text === "" ? [] : [clientCallDelta(call, text)]),
    ...(item.status === "completed" ? [clientCallDone(call, text)] : []),
  ];
}

/** The item as it was when it was added. */
export function emptyClientCall(item: ClientCallOutput): ClientCallOutput {
  const status = "in_progress";
  return item.type === "custom_tool_call"
    ? { ...item, status, input: "" }
    : { ...item, status, arguments: "" };
}
