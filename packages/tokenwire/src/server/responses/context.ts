// What a response is made from: the history behind it, its own input, and the prompt they give.

import {
  ApiError,
  type ApprovedCall,
  approvedCalls,
  type Conversation,
  type ConversationMessage,
  type GenerationPlan,
  invalidRequest,
  type Prompt,
  parseInputItems,
  type ResponseItem,
  type ResponsesRequest,
  toConversationMessages,
} from "../../protocol/index.ts";
import { answerPrompt, planAnswer } from "../answer.ts";
import { toSignal } from "../cancellation.ts";
import type { Caller } from "../context.ts";
import type { ServedModel } from "../models.ts";
import { isTooLong } from "../tools/next-plan.ts";
import { unsealItems } from "./sealed-items.ts";
import { openToolkit, type ResponseToolkit } from "./tools/response-toolkit.ts";

const maxChain = 1_000;

/** Everything about a create call before the engine is asked. */
export interface ResponseDraft {
  readonly request: ResponsesRequest;
  readonly model: ServedModel;
  /** Items before its own input. */
  readonly history: readonly ResponseItem[];
  /** Items of the request's own input. */
  readonly input: readonly ResponseItem[];
  readonly conversation: Conversation;
  readonly prompt: Prompt;
  readonly plan: GenerationPlan;
  /** Tools that run here, if the request asks for any; whoever holds the draft disposes them. */
  readonly toolkit?: ResponseToolkit;
  /** Calls that the input approves; they run before anything is generated. */
  readonly approved: readonly ApprovedCall[];
}

function previousNotFound(id: string): ApiError {
  return invalidRequest(
    "previous_response_id",
    `Previous response with id '${id.slice(0, 80)}' not found.`,
    "previous_response_not_found",
  );
}

/** Input and output of a response and all before it, oldest first. */
async function chainItems(context: Caller, lastId: string): Promise<ResponseItem[]> {
  const { server, tenant } = context;
  const links: ResponseItem[][] = [];
  for (let id: string | null = lastId; id !== null; ) {
    if (links.length >= maxChain) {
      throw invalidRequest(
        "previous_response_id",
        `previous_response_id: chains end at ${maxChain} responses.`,
      );
    }
    const stored = await server.store.getResponse(tenant, id);
    if (stored === undefined) throw previousNotFound(id);
    links.push([...stored.input, ...(stored.response.output as unknown as ResponseItem[])]);
    id = stored.previousId;
  }
  return links.reverse().flat();
}

async function historyItems(context: Caller, request: ResponsesRequest): Promise<readonly ResponseItem[]> {
  if (request.previousResponseId !== undefined) return chainItems(context, request.previousResponseId);
  if (request.conversationId === undefined) return [];
  const { server, tenant } = context;
  if ((await server.store.getConversation(tenant, request.conversationId)) === undefined) {
    throw new ApiError(404, `Conversation with id '${request.conversationId.slice(0, 80)}' not found.`, {
      param: "conversation",
      wireCode: "not_found",
    });
  }
  return server.store.listItems(tenant, request.conversationId);
}

/** The items that an input refers to by id: of the history, or of any stored response. */
async function referencedItems(
  context: Caller,
  input: unknown,
  history: readonly ResponseItem[],
): Promise<ReadonlyMap<string, ResponseItem>> {
  const found = new Map(history.map((item) => [item.id, item]));
  if (!Array.isArray(input)) return found;
  const { server, tenant } = context;
  for (const item of input as { id?: unknown; role?: unknown; type?: unknown }[]) {
    if (typeof item?.id !== "string" || item.role !== undefined || found.has(item.id)) continue;
    if ((item.type ?? "item_reference") !== "item_reference") continue;
    const stored = await server.store.findItem(tenant, item.id);
    if (stored) found.set(item.id, stored);
  }
  return found;
}

function toConversation(request: ResponsesRequest, messages: readonly ConversationMessage[]): Conversation {
  const instructions: ConversationMessage[] =
    request.instructions === undefined ? [] : [{ role: "system", content: request.instructions }];
  return {
    messages: [...instructions, ...messages],
    tools: request.tools,
    toolChoice: request.toolChoice,
    parallelToolCalls: request.parallelToolCalls,
    responseFormat: request.responseFormat,
    field: "input",
    ...(request.templateArguments !== undefined && { templateArguments: request.templateArguments }),
    ...(request.reasoningEffort !== undefined && { reasoningEffort: request.reasoningEffort }),
  };
}

/**
 * The conversation without its oldest turn: instructions, and everything from the newest user message on, stay; a call
 * goes with its results. Undefined when there is nothing left to drop.
 */
function dropOldest(conversation: Conversation): Conversation | undefined {
  const { messages } = conversation;
  const first = messages.findIndex((message) => message.role !== "system" && message.role !== "developer");
  const lastUser = messages.findLastIndex((message) => message.role === "user");
  if (first < 0 || first >= lastUser) return undefined;
  let end = first + 1;
  while (end < lastUser && messages[end]!.role === "tool") end++;
  return { ...conversation, messages: messages.filter((_, index) => index < first || index >= end) };
}

type Planned = Pick<ResponseDraft, "model" | "request" | "conversation">;

function planPrompt({ model, request, conversation }: Planned, prompt: Prompt): GenerationPlan {
  return planAnswer(model, { ...request, conversation }, prompt);
}

/** Renders and plans; with `truncation: "auto"` old turns go until the prompt fits. */
export async function planWithin(
  context: Caller,
  model: ServedModel,
  request: ResponsesRequest,
  whole: Conversation,
): Promise<{ conversation: Conversation; prompt: Prompt; plan: GenerationPlan }> {
  for (let conversation = whole; ; ) {
    const prompt = await answerPrompt(context, model, { conversation });
    try {
      return { conversation, prompt, plan: planPrompt({ model, request, conversation }, prompt) };
    } catch (error) {
      const shorter =
        isTooLong(error) && request.truncation === "auto" ? dropOldest(conversation) : undefined;
      if (shorter === undefined) throw error;
      conversation = shorter;
    }
  }
}

/** Loads what the request refers to and renders its prompt. */
export async function draftResponse(context: Caller, request: ResponsesRequest): Promise<ResponseDraft> {
  const { models, seal } = context.server;
  const model = models.resolve(request.model ?? models.list()[0]!.id);
  const history = await historyItems(context, request);
  if ((request.input ?? null) === null && history.length === 0) {
    throw invalidRequest("input", "Missing required parameter: 'input'.");
  }
  const referenced = await referencedItems(context, request.input, history);
  const input =
    (request.input ?? null) === null ? [] : parseInputItems(request.input, (id) => referenced.get(id));
  if (Array.isArray(request.input) && request.input.length === 0) {
    throw invalidRequest("input", "Input items cannot be empty");
  }
  const messages = toConversationMessages(
    unsealItems(seal, history, "history"),
    unsealItems(seal, input, "input"),
    model.id,
  );
  const approved = approvedCalls(history, input);
  const toolkit = await toolkitFor(context, request, model, [...history, ...input]);
  try {
    const whole = toConversation(request, messages);
    const shown = toolkit?.addTo(whole) ?? whole;
    checkApprovals(approved, toolkit);
    const planned = await planWithin(context, model, request, shown);
    return { request, model, history, input, approved, ...(toolkit && { toolkit }), ...planned };
  } catch (error) {
    await toolkit?.dispose();
    throw error;
  }
}

/** The tools that a request asks for, with the pages of the turn before. */
async function toolkitFor(
  context: Caller,
  request: ResponsesRequest,
  model: ServedModel,
  items: readonly ResponseItem[],
): Promise<ResponseToolkit | undefined> {
  if (request.hosted.length === 0) return undefined;
  const { server, tenant, signal } = context;
  const lists = items.filter((item) => item.type === "mcp_list_tools" && item["error"] === undefined);
  const listed = new Set(lists.map((item) => String(item["server_label"])));
  const toolkit = await openToolkit({
    tools: server.tools,
    request,
    model,
    listed,
    items,
    tenant,
    signal: toSignal(signal),
  });
  if (toolkit.browser && request.previousResponseId !== undefined) {
    server.browserStates.restore(tenant, request.previousResponseId, toolkit.browser);
  }
  return toolkit;
}

function checkApprovals(approved: readonly ApprovedCall[], toolkit: ResponseToolkit | undefined): void {
  for (const { name, label } of approved) {
    if (toolkit?.entries.some((entry) => entry.label === label)) continue;
    throw invalidRequest(
      "tools",
      `tools: the call of "${name}" was approved, but the tools of "${label}" are not among this request's tools.`,
    );
  }
}
