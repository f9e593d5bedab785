// Answers of functions that are not tools of ours, from a file: fixed results by name in JSON, or the functions
// themselves in a module.

import { readFile } from "node:fs/promises";
import { extname, resolve } from "node:path";
import { pathToFileURL } from "node:url";
import { UsageError } from "../output.ts";

/** Gives the result of a call as text; undefined when it knows no function of this name. */
export type FunctionAnswers = (name: string, argumentText: string) => Promise<string | undefined>;

const asText = (value: unknown): string =>
  typeof value === "string" ? value : (JSON.stringify(value) ?? "");

/** Reads `{ "get_weather": "sunny" }`, or a module that exports functions of the parsed arguments. */
export async function readFunctionsFile(file: string): Promise<FunctionAnswers> {
  const isModule = [".js", ".mjs", ".cjs", ".ts", ".mts"].includes(extname(file));
  const table = new Map(Object.entries(await (isModule ? loadModule(file) : loadJson(file))));
  return async (name, argumentText) => {
    const answer = table.get(name);
    if (answer === undefined) return undefined;
    if (typeof answer !== "function") return asText(answer);
    try {
      const values: unknown = argumentText.trim() === "" ? {} : JSON.parse(argumentText);
      return asText(await (answer as (values: unknown) => unknown)(values));
    } catch (error) {
      // The model reads it and can do better.
      return `Error: ${error instanceof Error ? error.message : String(error)}`;
    }
  };
}

async function loadJson(file: string): Promise<object> {
  try {
    const value: unknown = JSON.parse(await readFile(file, "utf8"));
    if (typeof value === "object" && value !== null && !Array.isArray(value)) return value;
  } catch (error) {
    throw new UsageError(`--functions: cannot read ${file}: ${(error as Error).message}`);
  }
  throw new UsageError(`--functions: ${file} must hold an object of results by function name.`);
}

async function loadModule(file: string): Promise<object> {
  try {
    const { default: main, ...named } = (await import(pathToFileURL(resolve(file)).href)) as {
      readonly default?: unknown;
    };
    return typeof main === "object" && main !== null ? { ...named, ...main } : named;
  } catch (error) {
    throw new UsageError(`--functions: cannot load ${file}: ${(error as Error).message}`);
  }
}
