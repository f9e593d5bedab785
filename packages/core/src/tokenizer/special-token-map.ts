/** Special tokens as a map or a plain object from text to ID. */
export type SpecialTokenMap = ReadonlyMap<string, number> | Readonly<Record<string, number>>;

/** Special tokens as a map, in any of the accepted forms. */
export function specialTokenMap(tokens: SpecialTokenMap | undefined): ReadonlyMap<string, number> {
  if (tokens === undefined) return new Map();
  return tokens instanceof Map ? tokens : new Map(Object.entries(tokens));
}
