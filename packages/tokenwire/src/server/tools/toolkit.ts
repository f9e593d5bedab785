// The tools of one answer: made when it begins, disposed when it ends.

import { fromPlain, type JsonObject } from "@tokenwire/core/json";
import type { Conversation, FunctionTool } from "../../protocol/index.ts";
import { type Route, routeRecipient, type Tool } from "../../tools/index.ts";
import type { ServedModel } from "../models.ts";
import { codeOf, FlatNames, type NamePrefix } from "./flat-names.ts";

/** A tool that runs here. */
export interface ToolEntry {
  readonly tool: Tool;
  /** Label of the MCP server that it is; absent: it is none. */
  readonly label?: string;
  /** Whether the client is asked before this function runs. */
  readonly needsApproval: (functionName: string) => boolean;
}

export interface ToolkitNames {
  /** Names of the client's functions. */
  readonly client: readonly string[];
  /** The tools are functions, not namespaces: the model's format knows nothing else, or the client should not. */
  readonly isFlat: boolean;
  /** Default: `always`. */
  readonly prefix?: NamePrefix;
}

export class Toolkit<Entry extends ToolEntry = ToolEntry> {
  readonly entries: Entry[] = [];
  readonly #given: ToolkitNames;
  #names: FlatNames | undefined;

  constructor(names: ToolkitNames) {
    this.#given = names;
  }

  /** The tools as functions; for those who know nothing else. */
  get names(): FlatNames {
    const { client, prefix } = this.#given;
    // An MCP server without functions is not a tool that is called as a whole.
    const callable = this.entries.filter(
      ({ label, tool }) => label === undefined || tool.namespace.tools.length > 0,
    );
    this.#names ??= new FlatNames(
      callable.map(({ tool }) => tool),
      client,
      prefix,
    );
    return this.#names;
  }

  /** Whether calls of this name hold source code in an object. */
  takesCode(name: string): boolean {
    return this.#given.isFlat && this.names.takesCode(name);
  }

  /** What a tool gets of the text that the model wrote for it. */
  textOf(name: string, written: string): string {
    return this.takesCode(name) ? codeOf(written) : written;
  }

  /** Who answers a call that the model wrote, `functions.` left out. */
  route(name: string): Route {
    const { client, isFlat } = this.#given;
    if (client.includes(name)) return { to: "client", name };
    const route = routeRecipient(
      isFlat ? (this.names.recipientOf(name) ?? name) : name,
      this.entries.map(({ tool }) => tool),
      client,
    );
    if (route.to !== "nobody" || !isFlat) return route;
    const known = [...this.names.declarations.map((tool) => tool.name), ...client];
    return { to: "nobody", message: `Unknown tool: ${name}. Available tools: ${known.join(", ")}.` };
  }

  entryOf(tool: Tool): Entry {
    return this.entries.find((entry) => entry.tool === tool)!;
  }

  /** The conversation with these tools in its prompt. */
  addTo(conversation: Conversation): Conversation {
    if (this.#given.isFlat) {
      const messages = this.names.rename(conversation.messages);
      if (conversation.toolChoice.mode === "none") return { ...conversation, messages };
      return { ...conversation, messages, tools: [...conversation.tools, ...this.names.declarations] };
    }
    if (conversation.toolChoice.mode === "none") return conversation;
    const namespaces = this.entries.map(({ tool }) => tool.namespace);
    const functions = namespaces.filter(({ name }) => name === "functions").flatMap(({ tools }) => tools);
    return {
      ...conversation,
      tools: [...conversation.tools, ...functions.map(toFunctionTool)],
      toolNamespaces: namespaces.filter(({ name }) => name !== "functions"),
    };
  }

  async dispose(): Promise<void> {
    await Promise.allSettled(this.entries.map(({ tool }) => tool.dispose?.()));
  }
}

function toFunctionTool({ name, description, parameters }: Tool["namespace"]["tools"][number]): FunctionTool {
  return {
    name,
    description,
    ...(parameters !== undefined && { parameters: fromPlain(parameters) as JsonObject }),
  };
}

/** Why calls of this model cannot be told from text; undefined: they can, by its format or the parser for its template. */
export function callObstacle({ id, profile, info }: ServedModel): string | undefined {
  const { kind } = profile.format;
  if (kind === "harmony" && info.capabilities.output === "text") {
    return `needs an engine that reports token ids; that of ${JSON.stringify(id)} sends text.`;
  }
  if (kind !== "harmony" && profile.toolParser === undefined) {
    return `needs a model whose calls can be read; ${JSON.stringify(id)} has no tool parser.`;
  }
  return undefined;
}
