// Tools and the namespaces that group them, with their wire form.

import { type JsonValue, parseJson, toPlain } from "../json/index.ts";
import { member, members } from "./json-view.ts";
import { expectObject, optionalString, requiredList, requiredString } from "./wire-reader.ts";

export interface ToolDescriptionJson {
  name: string;
  description: string;
  parameters?: unknown;
}

export interface ToolNamespaceJson {
  name: string;
  description?: string;
  tools: ToolDescriptionJson[];
}

/** A tool that a model can call. `parameters` is a JSON Schema, plain or lossless; undefined: takes no arguments. */
export class ToolDescription {
  readonly name: string;
  readonly description: string;
  readonly parameters: unknown;

  constructor(name: string, description: string, parameters?: unknown) {
    this.name = name;
    this.description = description;
    this.parameters = parameters ?? undefined;
  }

  static new(name: string, description: string, parameters?: unknown): ToolDescription {
    return new ToolDescription(name, description, parameters);
  }

  /**
   * A tool whose schema is given as JSON text. Unlike an object from JSON.parse, the text keeps the order of
   * integer-like keys and literals such as `1.0`, and both show in the rendered tool.
   *
   * @throws JsonError when the text is not JSON
   */
  static fromJsonText(name: string, description: string, parameters: string): ToolDescription {
    return new ToolDescription(name, description, parseJson(parameters));
  }

  static fromJSON(json: unknown, path = "$"): ToolDescription {
    const value = expectObject(json, path, "struct ToolDescription");
    const name = requiredString(value, "name", path);
    return new ToolDescription(name, requiredString(value, "description", path), member(value, "parameters"));
  }

  toJSON(): ToolDescriptionJson {
    const { name, description, parameters } = this;
    if (parameters === undefined) return { name, description };
    return { name, description, parameters: toPlainSchema(parameters) };
  }
}

function toPlainSchema(schema: unknown): unknown {
  return schema instanceof Map ? toPlain(schema as JsonValue) : schema;
}

/** A named group of tools; without tools, its description is shown as plain text (as the python tool's is). */
export class ToolNamespaceConfig {
  readonly name: string;
  readonly description: string | undefined;
  readonly tools: readonly ToolDescription[];

  constructor(name: string, description: string | undefined, tools: readonly ToolDescription[]) {
    this.name = name;
    this.description = description;
    this.tools = tools;
  }

  static new(
    name: string,
    description: string | undefined,
    tools: readonly ToolDescription[],
  ): ToolNamespaceConfig {
    return new ToolNamespaceConfig(name, description, tools);
  }

  static fromJSON(json: unknown, path = "$"): ToolNamespaceConfig {
    const value = expectObject(json, path, "struct ToolNamespaceConfig");
    const name = requiredString(value, "name", path);
    const description = optionalString(value, "description", path);
    const tools = requiredList(value, "tools", path).map((tool, index) =>
      ToolDescription.fromJSON(tool, `${path}.tools[${index}]`),
    );
    return new ToolNamespaceConfig(name, description, tools);
  }

  toJSON(): ToolNamespaceJson {
    const tools = this.tools.map((tool) => tool.toJSON());
    if (this.description === undefined) return { name: this.name, tools };
    return { name: this.name, description: this.description, tools };
  }
}

/** Namespaces by key. The key decides the order and whether there are function tools; the name is what is shown. */
export type ToolNamespaces = ReadonlyMap<string, ToolNamespaceConfig>;

/** The `tools` member of a content part. */
export function readNamespaces(value: object, path: string): ToolNamespaces | undefined {
  const tools = member(value, "tools");
  if (tools === undefined || tools === null) return undefined;
  const result = new Map<string, ToolNamespaceConfig>();
  for (const [key, namespace] of members(expectObject(tools, `${path}.tools`, "a map"))) {
    result.set(key, ToolNamespaceConfig.fromJSON(namespace, `${path}.tools.${key}`));
  }
  return result;
}

/** Namespaces as a plain object; keys such as `__proto__` stay keys. */
export function namespacesJson(tools: ToolNamespaces): Record<string, ToolNamespaceJson> {
  return Object.fromEntries(Array.from(tools, ([key, namespace]) => [key, namespace.toJSON()]));
}

/** A copy of `tools` with `namespace` under its own name. */
export function withNamespace(
  tools: ToolNamespaces | undefined,
  namespace: ToolNamespaceConfig,
): ToolNamespaces {
  return new Map(tools).set(namespace.name, namespace);
}
