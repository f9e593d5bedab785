// Where an option's value comes from: flags, then TOKENWIRE_* variables, then the configuration file, then defaults.

import { existsSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { resolve } from "node:path";
import { pathToFileURL } from "node:url";
import { parseJson, toPlain } from "@tokenwire/core/json";
import type { Command } from "commander";
import { UsageError } from "./output.ts";

const fileNames = [
  "tokenwire.config.json",
  "tokenwire.config.js",
  "tokenwire.config.mjs",
  "tokenwire.config.ts",
];

/** Options that a file cannot set: they are about finding and showing it. */
const commandLineOnly = new Set(["config", "printConfig", "help"]);

type ConfigValues = Readonly<Record<string, unknown>>;

async function readConfig(path: string): Promise<ConfigValues> {
  let value: unknown;
  try {
    if (path.endsWith(".json")) value = toPlain(parseJson(await readFile(path)));
    else value = ((await import(pathToFileURL(path).href)) as { default?: unknown }).default;
  } catch (cause) {
    throw new UsageError(`Cannot read the configuration file ${path}: ${(cause as Error).message}`);
  }
  if (typeof value !== "object" || value === null || Array.isArray(value)) {
    throw new UsageError(`The configuration file ${path} must hold an object.`);
  }
  return value as ConfigValues;
}

/** The file given by `--config`, or one of the usual names in the working folder. */
function findConfig(given: string | undefined): string | undefined {
  if (given !== undefined) return resolve(given);
  return fileNames.map((name) => resolve(name)).find((path) => existsSync(path));
}

function checkValue(path: string, key: string, value: unknown, flags: string): void {
  const isScalar = ["string", "number", "boolean"].includes(typeof value);
  const isList = Array.isArray(value) && value.every((item) => typeof item === "string");
  if (!isScalar && !isList) {
    throw new UsageError(
      `${path}: "${key}" must be a string, number, boolean or list of strings (it sets ${flags}).`,
    );
  }
}

/**
 * Applies the configuration file to a command's options, below flags and environment. Values go through the same
 * checks as on the command line. A section named like the command wins over the top level.
 */
export async function applyConfig(command: Command): Promise<void> {
  const path = findConfig(command.getOptionValue("config") as string | undefined);
  if (path === undefined) return;
  const config = await readConfig(path);
  const { [command.name()]: section, ...top } = config;
  const values = { ...top, ...(typeof section === "object" && section !== null ? section : {}) };
  for (const [key, value] of Object.entries(values)) {
    if (key === "$schema" || (typeof value === "object" && value !== null && !Array.isArray(value))) continue;
    const option = command.options.find(
      (entry) => entry.attributeName() === key && !commandLineOnly.has(key),
    );
    if (option === undefined) {
      const known = command.options
        .map((entry) => entry.attributeName())
        .filter((name) => !commandLineOnly.has(name));
      throw new UsageError(`${path}: unknown setting "${key}". Known settings: ${known.sort().join(", ")}.`);
    }
    checkValue(path, key, value, option.flags);
    const source = command.getOptionValueSource(key);
    if (source !== undefined && source !== "default") continue;
    command.setOptionValueWithSource(key, parsed(path, key, value, option), "config");
  }
}

function parsed(path: string, key: string, value: unknown, option: Command["options"][number]): unknown {
  if (option.parseArg === undefined || Array.isArray(value)) return value;
  try {
    return option.parseArg(String(value), undefined);
  } catch (error) {
    throw new UsageError(`${path}: "${key}": ${(error as Error).message}`);
  }
}

const sourceNames: Readonly<Record<string, string>> = {
  cli: "flag",
  env: "environment",
  config: "file",
  default: "default",
};

/** A value without its secrets: keys are counted, the password of an address is left out. */
function shown(key: string, value: unknown): unknown {
  if (/apiKey/i.test(key) && Array.isArray(value)) return `(${value.length} set)`;
  if (typeof value === "string") return value.replace(/^([a-z]+:\/\/[^/?#]*:)[^/?#]*(?=@)/i, "$1***");
  return value ?? null;
}

/** Every option with its value and where that came from; secrets are counted, not shown. */
export function describeConfig(command: Command): Record<string, { value: unknown; source: string }> {
  const described: Record<string, { value: unknown; source: string }> = {};
  for (const option of command.options) {
    const key = option.attributeName();
    if (commandLineOnly.has(key)) continue;
    const value = command.getOptionValue(key) as unknown;
    described[key] = {
      value: shown(key, value),
      source: sourceNames[command.getOptionValueSource(key) ?? "default"] ?? "default",
    };
  }
  return described;
}
