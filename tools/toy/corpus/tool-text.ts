// Function tools of the corpus and their TypeScript-style declaration, as the harmony renderer prints them.

export interface Parameter {
  readonly name: string;
  readonly type: "string" | "number" | "boolean";
  readonly description?: string;
  readonly choices?: readonly string[];
  readonly optional?: boolean;
}

export interface Tool {
  readonly name: string;
  readonly description: string;
  readonly parameters: readonly Parameter[];
  /** Print `()` instead of an empty object. */
  readonly bare?: boolean;
}

function renderParameter(parameter: Parameter): string {
  const type = parameter.choices?.map((choice) => `"${choice}"`).join(" | ") ?? parameter.type;
  const comment = parameter.description === undefined ? "" : `// ${parameter.description}\n`;
  return `${comment}${parameter.name}${parameter.optional ? "?" : ""}: ${type},\n`;
}

function renderTool(tool: Tool): string {
  const comment = tool.description === "" ? "" : `// ${tool.description}\n`;
  if (tool.bare && tool.parameters.length === 0) return `${comment}type ${tool.name} = () => any;\n`;
  return `${comment}type ${tool.name} = (_: {\n${tool.parameters.map(renderParameter).join("")}}) => any;\n`;
}

/** The tools section of a developer message. */
export function renderTools(tools: readonly Tool[]): string {
  const body = tools.map(renderTool).join("\n");
  return `# Tools\n\n## functions\n\nnamespace functions {\n\n${body}\n} // namespace functions`;
}
