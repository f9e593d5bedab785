// Optional packages: looked for when an engine needs them, and nowhere near before.

import { createRequire } from "node:module";
import { join } from "node:path";

/**
 * The entry file of a package, from the folder given, beside this one, or from the working directory.
 *
 * @param folder a `node_modules` folder to look in first.
 */
export function findPackage(name: string, folder?: string): string | undefined {
  const beside = (place: string): string => join(place, "package.json");
  const places = [...(folder === undefined ? [] : [beside(folder)]), import.meta.url, beside(process.cwd())];
  for (const place of places) {
    try {
      return createRequire(place).resolve(name);
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== "MODULE_NOT_FOUND") throw error;
    }
  }
  return undefined;
}
