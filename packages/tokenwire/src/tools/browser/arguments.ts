// Arguments of browser calls. Models get them wrong in many ways; each becomes a message that says how to do it right.

/** Text for the model about a call that cannot be carried out. */
export class BrowserMistake {
  readonly message: string;
  constructor(message: string) {
    this.message = message;
  }
}

export type Arguments = Readonly<Record<string, unknown>>;

const asError = (message: string): BrowserMistake => new BrowserMistake(JSON.stringify({ error: message }));

/** A JSON object; empty text is an empty object. */
export function parseArguments(text: string): Arguments {
  if (text.trim() === "") return {};
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    value = undefined;
  }
  if (typeof value !== "object" || value === null || Array.isArray(value)) {
    throw new BrowserMistake('{"error": "Invalid function arguments"}');
  }
  return value as Arguments;
}

export function requiredText(values: Arguments, name: string): string {
  const value = values[name];
  if (value === undefined || value === null) {
    throw new BrowserMistake(`{"error": "Missing required argument: ${name}"}`);
  }
  if (typeof value === "string") return value;
  if (typeof value === "number" || typeof value === "boolean") return String(value);
  throw asError(`\`${name}\` should be a string, got ${JSON.stringify(value)}`);
}

/** An integer; digits in a string are accepted. */
export function optionalInteger(values: Arguments, name: string, fallback: number): number {
  const value = values[name];
  if (value === undefined || value === null) return fallback;
  const number = typeof value === "string" && /^\s*-?\d+\s*$/.test(value) ? Number(value) : value;
  if (typeof number === "number" && Number.isInteger(number)) return number;
  throw asError(`\`${name}\` should be an integer, got ${JSON.stringify(value)}`);
}
