// Which tool a recipient names. Models sometimes write a built-in tool as a function; such an alias is the real tool
// everywhere, so that the stream, the final object and the history agree.

import type { Tool } from "./tool.ts";

export type Route =
  /** Not a tool call. */
  | { readonly to: "user" }
  /** Run here. `recipient` is the name to use from now on. */
  | { readonly to: "tool"; readonly tool: Tool; readonly function: string; readonly recipient: string }
  /** A function of the client's: returned to it, never run here. */
  | { readonly to: "client"; readonly name: string }
  /** Nothing has this name; the text is for the model. */
  | { readonly to: "nobody"; readonly message: string };

const functionPrefix = "functions.";
const isNamespace = (tool: Tool): boolean => tool.namespace.name !== "functions";

/**
 * Finds who answers a call.
 *
 * @param clientFunctions Names of the functions that the client declared.
 */
export function routeRecipient(
  recipient: string,
  tools: readonly Tool[],
  clientFunctions: readonly string[],
): Route {
  if (recipient === "" || recipient === "assistant" || recipient === "all") return { to: "user" };
  const isFunction = recipient.startsWith(functionPrefix);
  const name = isFunction ? recipient.slice(functionPrefix.length) : recipient;
  if (isFunction && clientFunctions.includes(name)) return { to: "client", name };
  const tool = tools.find((candidate) => matches(candidate, name, isFunction));
  if (tool !== undefined) {
    if (!isNamespace(tool))
      return { to: "tool", tool, function: tool.name, recipient: functionPrefix + tool.name };
    const inner = name.startsWith(`${tool.name}.`) ? name.slice(tool.name.length + 1) : "";
    return { to: "tool", tool, function: inner, recipient: name };
  }
  if (clientFunctions.includes(name)) return { to: "client", name };
  return { to: "nobody", message: `Unknown tool: ${recipient}. ${available(tools, clientFunctions)}` };
}

function matches(tool: Tool, name: string, isFunction: boolean): boolean {
  if (!isNamespace(tool)) return tool.name === name;
  const functions = tool.namespace.tools;
  // A namespace without functions is called as a whole: `python`, and whatever models append to it.
  if (functions.length === 0) return isFunction ? name === tool.name : name.startsWith(tool.name);
  if (!isFunction) return name.startsWith(`${tool.name}.`);
  return functions.some((entry) => name === `${tool.name}.${entry.name}`);
}

function available(tools: readonly Tool[], clientFunctions: readonly string[]): string {
  const own = tools.flatMap((tool) => {
    if (!isNamespace(tool)) return [functionPrefix + tool.name];
    const { tools: functions } = tool.namespace;
    return functions.length === 0 ? [tool.name] : functions.map((entry) => `${tool.name}.${entry.name}`);
  });
  const names = [...own, ...clientFunctions.map((name) => functionPrefix + name)];
  return names.length === 0 ? "No tools are available." : `Available tools: ${names.join(", ")}.`;
}
