// The response-formats section of the format's guide: schemas that an answer can be asked to follow. It is the last
// section of the developer message.

import { jsonLiteral } from "./json-literal.ts";
import { prefixedLines } from "./text-lines.ts";

export interface ResponseFormat {
  readonly name: string;
  readonly description?: string | undefined;
  /** A JSON Schema, plain or lossless. */
  readonly schema: unknown;
}

/**
 * The section as text.
 *
 * @example responseFormatsText([{ name: "city", schema: { type: "string" } }])
 * // "# Response Formats\n\n## city\n\n{\"type\":\"string\"}"
 */
export function responseFormatsText(formats: readonly ResponseFormat[]): string {
  const blocks = formats.map(({ name, description, schema }) => {
    const comments = description === undefined ? [] : prefixedLines(description, "// ");
    return `## ${name}\n\n${[...comments, jsonLiteral(schema)].join("\n")}`;
  });
  return ["# Response Formats", ...blocks].join("\n\n");
}
