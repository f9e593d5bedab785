// Log lines for people: on a terminal one readable line each, elsewhere the JSON that programs collect.

import { paint, printable } from "./output.ts";

const levels: Readonly<
  Record<number, { readonly name: string; readonly style: "gray" | "green" | "yellow" | "red" }>
> = {
  20: { name: "debug", style: "gray" },
  30: { name: "info", style: "green" },
  40: { name: "warn", style: "yellow" },
  50: { name: "error", style: "red" },
};

/** Fields that are the same on every line. */
const constant = new Set(["pid", "hostname"]);

function shown(value: unknown): string {
  const text = typeof value === "string" ? value : (JSON.stringify(value) ?? "undefined");
  return printable(text).replaceAll("\n", "\\n");
}

/**
 * One JSON line of pino as a person reads it.
 *
 * @example readableLine('{"level":30,"time":0,"msg":"request","method":"GET","route":"/health","status":200,"bytes":9}')
 * // "00:00:00 info  GET /health 200 bytes=9"
 */
export function readableLine(line: string, stream: NodeJS.WriteStream = process.stderr): string {
  let fields: Record<string, unknown>;
  try {
    fields = JSON.parse(line) as Record<string, unknown>;
  } catch {
    return line;
  }
  const { time, level, msg, method, route, status, err, ...rest } = fields;
  const known = levels[Number(level)] ?? { name: String(level), style: "gray" as const };
  const clock = new Date(Number(time)).toISOString().slice(11, 19);
  const what = route === undefined ? shown(msg) : [method, route, status].map(shown).join(" ");
  const facts = Object.entries(rest)
    .filter(([name]) => !constant.has(name))
    .map(([name, value]) => paint("gray", `${name}=${shown(value)}`, stream));
  const head = [paint("gray", clock, stream), paint(known.style, known.name.padEnd(5), stream), what];
  const stack = (err as { stack?: unknown } | undefined)?.stack;
  const lines = [[...head, ...facts].join(" "), ...(typeof stack === "string" ? [printable(stack)] : [])];
  return `${lines.join("\n")}\n`;
}

/** Where the log goes: standard error, readable where somebody reads it. */
export function logDestination(stream: NodeJS.WriteStream = process.stderr): { write(line: string): void } {
  if (stream.isTTY !== true) return stream;
  return { write: (line) => void stream.write(readableLine(line, stream)) };
}
