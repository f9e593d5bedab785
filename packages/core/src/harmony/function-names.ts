// Names of functions as the model may write them, and the way back.

/** Names that a model knows from training and that stay as they are. */
const builtinNames: readonly string[] = ["browser.search", "browser.open", "browser.find", "python"];

export interface FunctionNameMap {
  /** The name for the prompt. */
  toModel(name: string): string;
  /** The original name; unknown names come back unchanged. */
  fromModel(name: string): string;
}

/**
 * Maps names to identifiers: space, `-` and `.` become `_`, other characters than letters, digits, `_` and `$` go; a
 * leading digit gets a `_` in front; names that fall together are numbered.
 *
 * @example createFunctionNameMap(["get-weather", "get.weather"]).toModel("get.weather") // "get_weather_2"
 */
export function createFunctionNameMap(names: Iterable<string>): FunctionNameMap {
  const forward = new Map<string, string>();
  const back = new Map<string, string>();
  for (const name of names) {
    if (forward.has(name)) continue;
    const mapped = builtinNames.includes(name) ? name : unused(identifier(name), back);
    forward.set(name, mapped);
    back.set(mapped, name);
  }
  return {
    toModel: (name) => forward.get(name) ?? (builtinNames.includes(name) ? name : identifier(name)),
    fromModel: (name) => back.get(name) ?? name,
  };
}

function identifier(name: string): string {
  const kept = name.replace(/[ .-]/g, "_").replace(/[^\p{L}\p{Nd}_$]/gu, "");
  if (kept === "") return "unnamed";
  return /^\p{Nd}/u.test(kept) ? `_${kept}` : kept;
}

function unused(name: string, taken: ReadonlyMap<string, string>): string {
  if (!taken.has(name)) return name;
  let number = 2;
  while (taken.has(`${name}_${number}`)) number++;
  return `${name}_${number}`;
}
