// Answer after answer with a chat template: the conversation grows by the model's message and the results, and is
// rendered again.

import type {
  ChoiceEvent,
  Conversation,
  ConversationMessage,
  Prompt,
  ToolCall,
} from "../../protocol/index.ts";
import type { FlatNames } from "./flat-names.ts";
import { type AnswerRecord, afterCalls, type FinishedCall, type NextPrompt, type Rounds } from "./rounds.ts";

export class TemplateRounds implements Rounds {
  readonly #names: FlatNames;
  readonly #render: (conversation: Conversation) => Promise<Prompt>;

  constructor(names: FlatNames, render: (conversation: Conversation) => Promise<Prompt>) {
    this.#names = names;
    this.#render = render;
  }

  begin({ conversation }: NextPrompt): AnswerRecord {
    const said = { content: "", reasoning: "" };
    const calls = new Map<number, { id: string; name: string; arguments: string }>();
    return {
      push: (events) => {
        for (const event of events) record(event, said, calls);
      },
      header: (name) => ({ recipient: this.#names.recipientOf(name) ?? name, channel: "commentary" }),
      next: (finished) => {
        const message: ConversationMessage = {
          role: "assistant",
          content: said.content === "" ? null : said.content,
          ...(said.reasoning !== "" && { reasoning: said.reasoning }),
          toolCalls: [...calls.values()],
        };
        return this.#grow(conversation, [message], finished);
      },
    };
  }

  withApproved({ conversation }: NextPrompt, finished: readonly FinishedCall[]): Promise<NextPrompt> {
    const toolCalls: ToolCall[] = finished.map(({ id, call }) =>
      this.#names.toCall(id, call.recipient, call.arguments),
    );
    return this.#grow(conversation, [{ role: "assistant", content: null, toolCalls }], finished);
  }

  async #grow(
    before: Conversation,
    answer: readonly ConversationMessage[],
    finished: readonly FinishedCall[],
  ): Promise<NextPrompt> {
    const results = finished.map(
      ({ id, text }): ConversationMessage => ({ role: "tool", content: text, toolCallId: id }),
    );
    const messages = [...before.messages, ...answer, ...results];
    const conversation = afterCalls({ ...before, messages });
    return { prompt: await this.#render(conversation), conversation };
  }
}

function record(
  event: ChoiceEvent,
  said: { content: string; reasoning: string },
  calls: Map<number, { id: string; name: string; arguments: string }>,
): void {
  if (event.type === "text") said.content += event.text;
  else if (event.type === "reasoning") said.reasoning += event.text;
  else if (event.type === "tool-call")
    calls.set(event.index, { id: event.id, name: event.name, arguments: "" });
  else if (event.type === "tool-arguments") calls.get(event.index)!.arguments += event.text;
}
