// A loop of answers and calls as one response: every call is an item, and so is what MCP servers offer.

import {
  type ApprovedCall,
  type RecordedCall,
  type ResponseEncoder,
  type ResponseEvent,
  type ToolOutcome,
  toolListEvents,
} from "../../../protocol/index.ts";
import type { AnswerContext, AnswerReader, LoopOutput } from "../../tools/loop-output.ts";
import type { ApprovedStart } from "../../tools/tool-loop.ts";
import type { ResponseToolkit } from "./response-toolkit.ts";
import { type ItemCall, ToolStream } from "./tool-stream.ts";

export interface ResponseOutputOptions {
  readonly encoder: ResponseEncoder;
  readonly toolkit: ResponseToolkit;
  readonly emit: (events: readonly ResponseEvent[]) => void;
  /** Announces the response, once. */
  readonly start: () => void;
}

export class ResponseOutput implements LoopOutput<ItemCall> {
  readonly #options: ResponseOutputOptions;
  #listed = false;

  constructor(options: ResponseOutputOptions) {
    this.#options = options;
  }

  get stopped(): boolean {
    return this.#options.encoder.stopped;
  }

  stop(reason: "max_output_tokens" | "max_tool_calls"): void {
    this.#options.encoder.stop(reason);
  }

  start(): void {
    const { start, emit, encoder, toolkit } = this.#options;
    start();
    if (this.#listed) return;
    this.#listed = true;
    for (const list of toolkit.lists) {
      emit([...encoder.beginTool({ ...list, tools: [] }, toolListEvents(list)), ...encoder.endTool(list)]);
    }
  }

  read(context: AnswerContext): AnswerReader<ItemCall> {
    return new ToolStream({ ...this.#options, ...context });
  }

  finished({ item }: ItemCall, outcome: ToolOutcome, record: RecordedCall): void {
    if (item === undefined) return;
    const { encoder, emit } = this.#options;
    const done = item.done(record.arguments, outcome, record);
    emit([...encoder.tool(item.ended(outcome)), ...encoder.endTool(done)]);
  }

  /** A call that an earlier response asked about and the client now allows. */
  approve({ call, name, label, requestId: id }: ApprovedCall): ApprovedStart<ItemCall> {
    const { encoder, emit, toolkit } = this.#options;
    const { arguments: text } = call;
    const begin = (): ItemCall => {
      const entry = toolkit.entries.find((candidate) => candidate.label === label)!;
      const item = entry.createItem(name, id);
      emit(encoder.beginTool(item.added, item.started));
      if (item.delta !== undefined && text !== "") emit(encoder.tool([[item.delta, { delta: text }]]));
      emit(encoder.tool(item.called(text)));
      return { id, name, arguments: text, target: { entry, function: name }, item };
    };
    return { id, call, begin };
  }
}
