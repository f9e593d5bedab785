// Where an option's value comes from: flags, then TOKENWIRE_* variables, then the configuration file, then defaults.

import { existsSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { resolve } from "node:path";
import { pathToFileURL } from "node:url";
import { didYouMean } from "@tokenwire/core";
import { parseJson, toPlain } from "@tokenwire/core/json";
import type { Command, Option } from "commander";
import { listOption, repeatedOption } from "./options.ts";
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
    const { code, message } = cause as NodeJS.ErrnoException;
    const hint =
      code === "ERR_UNKNOWN_FILE_EXTENSION"
        ? "Node reads TypeScript from version 22.18 on; take tokenwire.config.js or .json here."
        : message;
    throw new UsageError(`Cannot read the configuration file ${path}: ${hint}`);
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

function checkValue(path: string, key: string, value: unknown, option: Option): void {
  const takesText = option.required || option.optional;
  const isText = typeof value === "string" || typeof value === "number";
  const takesList = option.parseArg === listOption || option.parseArg === repeatedOption;
  const isList = takesList && Array.isArray(value) && value.every((item) => typeof item === "string");
  if (takesText ? isText || isList : typeof value === "boolean") return;
  const expected = takesList
    ? "a string or a list of strings"
    : takesText
      ? "a string or a number"
      : "true or false";
  throw new UsageError(`${path}: "${key}" must be ${expected} (it sets ${option.flags}).`);
}

/** The settings of a command: those of its own section win over the top level. Sections of others are left out. */
function settingsFor(command: Command, config: ConfigValues): ConfigValues {
  const isSection = (value: unknown): boolean =>
    typeof value === "object" && value !== null && !Array.isArray(value);
  const commands = new Set([command, ...(command.parent?.commands ?? [])].map((other) => other.name()));
  const top = Object.entries(config).filter(
    ([key, value]) => key !== "$schema" && !(commands.has(key) && isSection(value)),
  );
  const own = config[command.name()];
  return { ...Object.fromEntries(top), ...(isSection(own) ? (own as ConfigValues) : {}) };
}

/** A variable for an option without a value says yes or no; to the command line any text would be a yes. */
function applyBooleanVariables(command: Command): void {
  for (const option of command.options) {
    const { envVar } = option;
    const text = envVar === undefined ? undefined : process.env[envVar];
    const key = option.attributeName();
    if (text === undefined || option.required || option.optional) continue;
    if (command.getOptionValueSource(key) !== "env") continue;
    if (/^(?:0|false|no|off|)$/i.test(text)) command.setOptionValueWithSource(key, undefined, "default");
    else if (!/^(?:1|true|yes|on)$/i.test(text)) {
      throw new UsageError(`${envVar}: expected true or false, got "${text}" (it sets ${option.flags}).`);
    }
  }
}

/**
 * Applies the configuration file to a command's options, below flags and environment. Values go through the same
 * checks as on the command line. A section named like the command wins over the top level.
 *
 * @param further names that the file may have beside the options; their values are returned
 */
export async function applyConfig(command: Command, further: readonly string[] = []): Promise<ConfigValues> {
  applyBooleanVariables(command);
  const path = findConfig(command.getOptionValue("config") as string | undefined);
  if (path === undefined) return {};
  const found: Record<string, unknown> = {};
  for (const [key, value] of Object.entries(settingsFor(command, await readConfig(path)))) {
    if (further.includes(key) && typeof value === "string") {
      found[key] = value;
      continue;
    }
    const option = command.options.find(
      (entry) => entry.attributeName() === key && !commandLineOnly.has(key),
    );
    if (option === undefined) throw unknownSetting(path, key, command, further);
    checkValue(path, key, value, option);
    const source = command.getOptionValueSource(key);
    if (source !== undefined && source !== "default") continue;
    command.setOptionValueWithSource(key, parsed(path, key, value, option), "config");
  }
  return found;
}

function unknownSetting(path: string, key: string, command: Command, further: readonly string[]): UsageError {
  const known = command.options
    .map((entry) => entry.attributeName())
    .filter((name) => !commandLineOnly.has(name))
    .concat(further)
    .sort();
  return new UsageError(
    `${path}: unknown setting "${key}".${didYouMean(key, known)} Known settings: ${known.join(", ")}.`,
  );
}

/** The first of these that is set, with its place. */
export function firstSetting(places: Readonly<Record<string, unknown>>): { value: string; source: string } {
  for (const [source, value] of Object.entries(places)) {
    if (typeof value === "string" && value !== "") return { value, source };
  }
  throw new UsageError("Nothing is set.");
}

function parsed(path: string, key: string, value: unknown, option: Option): unknown {
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
