// Parsers of option values, with messages that say what is accepted.

import { InvalidArgumentError, Option } from "commander";

export function integerOption(low: number, high: number): (text: string) => number {
  return (text) => {
    const value = Number(text);
    if (!/^-?\d+$/.test(text) || value < low || value > high) {
      throw new InvalidArgumentError(`Expected an integer between ${low} and ${high}.`);
    }
    return value;
  };
}

export function numberOption(low: number, high: number): (text: string) => number {
  return (text) => {
    const value = Number(text);
    if (text.trim() === "" || !(value >= low && value <= high)) {
      throw new InvalidArgumentError(`Expected a number between ${low} and ${high}.`);
    }
    return value;
  };
}

const units: Readonly<Record<string, number>> = { ms: 1, s: 1_000, m: 60_000, h: 3_600_000 };

/** `30s`, `500ms`, `2m`, `1h`, or plain seconds; the value is in milliseconds. */
export function durationOption(text: string): number {
  const match = /^(\d+(?:\.\d+)?)(ms|s|m|h)?$/.exec(text);
  if (!match) throw new InvalidArgumentError("Expected a duration such as 500ms, 30s, 2m or 1h.");
  return Math.round(Number(match[1]) * units[match[2] ?? "s"]!);
}

const sizes: Readonly<Record<string, number>> = { "": 1, k: 1024, m: 1024 ** 2, g: 1024 ** 3 };

/** `32MiB`, `64k`, or plain bytes. */
export function sizeOption(text: string): number {
  const match = /^(\d+(?:\.\d+)?)\s*([kmg]?)(?:i?b)?$/i.exec(text);
  if (!match) throw new InvalidArgumentError("Expected a size such as 65536, 64k or 32MiB.");
  return Math.round(Number(match[1]) * sizes[match[2]!.toLowerCase()]!);
}

/** Collects a repeatable option; one value may hold several, separated by commas. */
export function listOption(text: string, previous: readonly string[] | undefined): readonly string[] {
  const values = text.split(",").map((part) => part.trim());
  return [...(previous ?? []), ...values.filter((part) => part !== "")];
}

/** Collects a repeatable option whose values may hold commas. */
export function repeatedOption(text: string, previous: readonly string[] = []): readonly string[] {
  return [...previous, text];
}

/** An option that an environment variable can set too: `--max-running` is `TOKENWIRE_MAX_RUNNING`. */
export function environmentOption(flags: string, description: string): Option {
  const option = new Option(flags, description);
  const name = /--([a-z-]+)/.exec(flags)![1]!.replace(/^no-/, "");
  return option.env(`TOKENWIRE_${name.replaceAll("-", "_").toUpperCase()}`);
}
