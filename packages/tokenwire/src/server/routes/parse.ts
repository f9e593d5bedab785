// The output parsers on text of the client's: tool calls, and reasoning.

import { toPlain } from "@tokenwire/core/json";
import {
  createOutputParser,
  hasReasoningParser,
  hasToolParser,
  listReasoningParsers,
  listToolParsers,
} from "@tokenwire/core/parsers";
import { z } from "zod";
import { ApiError, optional, parseBody, parseChatTools, quote } from "../../protocol/index.ts";
import type { Route } from "../context.ts";

const callFields = z.object({ text: z.string(), tool_call_parser: z.string() });
const reasoningFields = z.object({
  text: z.string(),
  reasoning_parser: z.string(),
  in_reasoning: optional(z.boolean()),
});

function unknownParser(field: string, name: string, known: readonly string[]): ApiError {
  return new ApiError(400, `Unknown parser ${quote(name)}. Known parsers: ${known.join(", ")}.`, {
    param: field,
  });
}

export const parseFunctionCall: Route = {
  method: "POST",
  path: "/v1/parse/function_call",
  schema: callFields,
  aliases: ["/parse/function_call"],
  handle: ({ body }) => {
    const wire = body();
    const { text, tool_call_parser: name } = parseBody(callFields, wire);
    if (!hasToolParser(name)) throw unknownParser("tool_call_parser", name, listToolParsers());
    const tools = parseChatTools(wire).map((tool) => ({
      name: tool.name,
      ...(tool.parameters && { parameters: toPlain(tool.parameters) }),
    }));
    const parser = createOutputParser({ tool: name, tools });
    const calls: { id: string; type: "function"; function: { name: string; arguments: string } }[] = [];
    let rest = "";
    for (const event of [...parser.push(text), ...parser.end("stop")]) {
      if (event.type === "text") rest += event.text;
      else if (event.type === "tool-call") {
        calls.push({ id: event.id, type: "function", function: { name: event.name, arguments: "" } });
      } else if (event.type === "tool-arguments") calls[event.index]!.function.arguments += event.text;
    }
    const success = calls.length > 0;
    return { remaining_text: success ? rest : text, tool_calls: calls, success };
  },
};

export const parseReasoningText: Route = {
  method: "POST",
  path: "/v1/parse/reasoning",
  schema: reasoningFields,
  aliases: ["/parse/reasoning", "/separate_reasoning"],
  handle: ({ body }) => {
    const wire = parseBody(reasoningFields, body());
    if (!hasReasoningParser(wire.reasoning_parser)) {
      throw unknownParser("reasoning_parser", wire.reasoning_parser, listReasoningParsers());
    }
    const parser = createOutputParser({
      reasoning: wire.reasoning_parser,
      ...(wire.in_reasoning !== undefined && { inReasoningAtStart: wire.in_reasoning }),
    });
    let normal = "";
    let reasoning = "";
    for (const event of [...parser.push(wire.text), ...parser.end("stop")]) {
      if (event.type === "text") normal += event.text;
      else if (event.type === "reasoning") reasoning += event.text;
    }
    return { normal_text: normal, reasoning_text: reasoning, success: true };
  },
};
