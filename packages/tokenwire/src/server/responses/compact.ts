// Makes a conversation shorter: the model summarizes it, and the summary is sealed.

import {
  ApiError,
  type CompactedResponse,
  type Conversation,
  emptyUsage,
  newId,
  type ResponsesRequest,
  summaryRequest,
  toCompacted,
} from "../../protocol/index.ts";
import { generationFor, readAnswer } from "../answer.ts";
import type { Caller } from "../context.ts";
import { generateChoices } from "../generate.ts";
import { draftResponse, planWithin } from "./context.ts";
import { sealSummary } from "./sealed-items.ts";

/** Asks the model for a summary of everything that the request refers to. */
export async function compactConversation(
  context: Caller,
  request: ResponsesRequest,
): Promise<CompactedResponse> {
  const draft = await draftResponse(context, request);
  const { model, history, input } = draft;
  const asked: Conversation = {
    ...draft.conversation,
    messages: [...draft.conversation.messages, { role: "user", content: summaryRequest }],
  };
  const { conversation, prompt, plan } = await planWithin(context, model, request, asked);
  const usage = emptyUsage(prompt.tokenIds.length);
  let summary = "";
  const reading = readAnswer(model, { ...request, conversation }, prompt);
  await context.server.admission.run(context, () =>
    generateChoices(
      { ...generationFor(context, model, reading), id: newId("resp_"), plans: [plan], usage },
      {
        push: (_choice, events) => {
          for (const event of events) if (event.type === "text") summary += event.text;
        },
      },
    ),
  );
  if (summary.trim() === "")
    throw new ApiError(500, "The model gave no summary of the conversation. Try again.");
  return toCompacted([...history, ...input], sealSummary(context.server.seal, summary), usage);
}
