// Answers the calls of a turn: by a tool, after a person's approval where the tool wants it, or by the person.

import { routeRecipient, runTool, type Tool, type ToolCall } from "../../tools/index.ts";
import { paint, printable } from "../output.ts";
import type { FunctionAnswers } from "./functions-file.ts";

export interface CallRunnerOptions {
  readonly tools: readonly Tool[];
  /** Functions that the user declared and answers. */
  readonly functions: readonly string[];
  /** Run everything without asking. */
  readonly yes: boolean;
  /** Asks the person; undefined where nobody can be asked. */
  readonly ask: ((question: string) => Promise<string | undefined>) | undefined;
  readonly show: (text: string) => void;
  /** Answers of functions, asked before the person is. */
  readonly answers?: FunctionAnswers | undefined;
  /** Told of each call that was answered here. */
  readonly onResult?: ((failed: boolean) => void) | undefined;
  /** Show what the browser returned, not only that it did. */
  readonly showBrowserResults?: boolean | undefined;
}

/** Longest tool output on the screen; the model gets all of it. */
const shownCharacters = 4000;
const refusal = "The user did not allow this call.";

/** The result of a call as text for the model. Never throws but for an abort. */
export async function answerCall(
  call: { readonly name: string; readonly arguments: string },
  options: CallRunnerOptions,
  signal: AbortSignal,
): Promise<string> {
  const { tools, functions, ask, show } = options;
  const route = routeRecipient(
    functions.includes(call.name) ? `functions.${call.name}` : call.name,
    tools,
    functions,
  );
  if (route.to === "tool") {
    const toolCall = { function: route.function, arguments: callText(route.tool, call.arguments) };
    if (route.tool.needsApproval?.(toolCall) && !(await isAllowed(route.tool, toolCall, options))) {
      show(paint("yellow", "Not allowed.", process.stderr));
      return refusal;
    }
    const { text, failed } = await runTool(route.tool, toolCall, { signal });
    options.onResult?.(failed);
    const isHidden = route.tool.name === "browser" && !options.showBrowserResults;
    const shown = text.length > shownCharacters ? `${text.slice(0, shownCharacters)}\n…` : text;
    const label = `${labels[route.tool.name] ?? route.recipient} output:`;
    show(
      `${paint("magenta", label, process.stderr)}\n${isHidden ? "[Search results fed to the model]" : printable(shown)}`,
    );
    return text;
  }
  if (route.to === "nobody") {
    options.onResult?.(true);
    show(paint("yellow", printable(route.message), process.stderr));
    return route.message;
  }
  const known = await options.answers?.(call.name, call.arguments);
  if (known !== undefined) {
    show(`${paint("magenta", `${call.name} output:`, process.stderr)}\n${printable(known)}`);
    return known;
  }
  if (ask === undefined) return "This function cannot be run here.";
  return (await ask(paint("magenta", `Function result for ${call.name}: `, process.stderr))) ?? "";
}

const labels: Readonly<Record<string, string>> = {
  browser: "Search",
  python: "Python",
  apply_patch: "Apply Patch",
};

/** Formats without namespaces wrap code in an object; the tool wants the code. */
function callText(tool: Tool, text: string): string {
  if (tool.namespace.tools.length > 0) return text;
  try {
    const value = JSON.parse(text) as { code?: unknown } | null;
    return typeof value === "object" && typeof value?.code === "string" ? value.code : text;
  } catch {
    return text;
  }
}

async function isAllowed(
  tool: Tool,
  call: ToolCall,
  { yes, ask, show }: CallRunnerOptions,
): Promise<boolean> {
  if (yes) return true;
  if (ask === undefined) return false;
  const isWhole = call.function === "" || call.function === tool.name;
  const name = isWhole ? tool.name : `${tool.name}.${call.function}`;
  const preview = (await tool.preview?.(call)) ?? call.arguments;
  show(`${paint("magenta", `${name} wants to run:`, process.stderr)}\n${printable(preview)}`);
  const answer = await ask(paint("magenta", "Allow? [y/N] ", process.stderr));
  return /^y(es)?$/i.test(answer?.trim() ?? "");
}
