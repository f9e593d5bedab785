import {
  DeveloperContent,
  jsonSchemaToTypescript,
  jsonSchemaToTypescriptExtended,
  Message,
  responseFormatsText,
  ToolDescription,
} from "@tokenwire/core/harmony";
import { parseJson } from "@tokenwire/core/json";
import { describe, expect, it } from "vitest";
import { encoding } from "./support.ts";

describe("jsonSchemaToTypescript", () => {
  it("reproduces the oddities that models were trained on", () => {
    const schema = {
      type: "object",
      description: "params object",
      properties: {
        union: { type: "array", items: { type: "string", enum: ["x", "y"] }, default: ["x"] },
        nested: { type: "object", description: "twice", properties: { "a-b": { type: "integer" } } },
        maybe: {
          oneOf: [
            { type: "string", default: "s" },
            { type: "number", description: "n" },
          ],
          description: "d",
          default: 20,
        },
      },
      required: ["nested"],
    };
    expect(jsonSchemaToTypescript(schema)).toBe(
      [
        "// params object",
        "{",
        'union?: "x" | "y"[], // default: ["x"]',
        "// twice",
        "nested:     // twice",
        "{",
        "    a-b?: number,",
        "    },",
        "// d",
        "// default: 20",
        "maybe?:",
        ' | string // default: "s"',
        " | number // n",
        ",",
        "}",
      ].join("\n"),
    );
  });

  it.each([
    ["1.0", "1.0"],
    ["1", "1"],
    ["-0.0", "-0.0"],
    ["1e-6", "1e-6"],
    ["0.00001", "0.00001"],
    ["1e15", "1000000000000000.0"],
    ["1e16", "1e16"],
    ["1e21", "1e21"],
    ["1.5e300", "1.5e300"],
    ["12345678901234567890", "12345678901234567890"],
    ["-9223372036854775809", "-9.223372036854776e18"],
    ['"\\u0007\\u007f\\u2028"', '"\\u0007\u007f\u2028"'],
    ['{"b": [null, true], "a": {}}', '{"b":[null,true],"a":{}}'],
  ])("prints the default %s as %s", (literal, printed) => {
    const schema = parseJson(`{"type": "object", "properties": {"a": {"type": "x", "default": ${literal}}}}`);
    const quoted = printed.startsWith('"') ? `"${JSON.parse(literal) as string}"` : printed;
    expect(jsonSchemaToTypescript(schema)).toBe(`{\na?: any, // default: ${quoted}\n}`);
  });

  it("keeps the order of integer-like keys when given JSON text", () => {
    const text = '{"type": "object", "properties": {"b": {"type": "string"}, "2": {"type": "string"}}}';
    const shown = (tool: ToolDescription) => encoding.decode(encoding.render(developer(tool)));
    expect(shown(ToolDescription.fromJsonText("f", "d", text))).toContain("b?: string,\n2?: string,");
    expect(shown(new ToolDescription("f", "d", JSON.parse(text)))).toContain("2?: string,\nb?: string,");
    const wire = JSON.stringify(developer(new ToolDescription("f", "d")).toJSON()).replace(
      '"description":"d"',
      `"description":"d","parameters":${text}`,
    );
    expect(encoding.decode(encoding.render(Message.fromJSON(wire)))).toContain("b?: string,\n2?: string,");
  });
});

const developer = (tool: ToolDescription) =>
  Message.fromRoleAndContent("developer", DeveloperContent.new().withFunctionTools([tool]));

describe("jsonSchemaToTypescriptExtended", () => {
  it("shows what the trained form drops", () => {
    const schema = {
      type: "object",
      $defs: {
        Point: { type: "object", properties: { x: { type: "number" }, next: { $ref: "#/$defs/Point" } } },
      },
      properties: {
        at: { $ref: "#/$defs/Point" },
        "odd key": {
          anyOf: [{ type: "string" }, { type: "null" }],
          description: "two\nlines",
          default: null,
        },
        list: { type: "array", items: { enum: ["a", 1, null] } },
        kind: { const: "circle" },
        both: {
          allOf: [
            { type: "object", properties: { a: { type: "string" } }, required: ["a"] },
            { properties: { b: { type: "integer" } } },
          ],
        },
        free: { type: "object", additionalProperties: { type: "boolean" } },
      },
      required: ["at", "kind"],
    };
    expect(jsonSchemaToTypescriptExtended(schema)).toBe(
      [
        "{",
        "  at: {",
        "    x?: number,",
        "    next?: any,",
        "  },",
        "  // two",
        "  // lines",
        '  "odd key"?: string | null, // default: null',
        '  list?: ("a" | 1 | null)[],',
        '  kind: "circle",',
        "  both?: {",
        "    a: string,",
        "    b?: number,",
        "  },",
        "  free?: {",
        "    [key: string]: boolean,",
        "  },",
        "}",
      ].join("\n"),
    );
  });

  it("is used only on request", () => {
    const message = developer(
      new ToolDescription("f", "d", { type: "object", properties: { a: { const: 1 } } }),
    );
    expect(encoding.decode(encoding.render(message))).toContain("a?: any,");
    expect(encoding.decode(encoding.render(message, { extendedSchemas: true }))).toContain("a?: 1,");
  });
});

describe("response formats", () => {
  it("are the last section of the developer message", () => {
    const content = DeveloperContent.new()
      .withInstructions("Be brief.")
      .withResponseFormats([
        { name: "city", description: "A city\nof the world", schema: { type: "string" } },
      ]);
    expect(encoding.decode(encoding.render(Message.fromRoleAndContent("developer", content)))).toBe(
      "<|start|>developer<|message|># Instructions\n\nBe brief.\n\n# Response Formats\n\n## city\n\n" +
        '// A city\n// of the world\n{"type":"string"}<|end|>',
    );
    expect(responseFormatsText([])).toBe("# Response Formats");
  });
});
