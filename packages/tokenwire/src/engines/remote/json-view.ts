// Reading answers of servers, of which nothing can be taken for granted.

export type Json = Readonly<Record<string, unknown>>;

export const asObject = (value: unknown): Json =>
  typeof value === "object" && value !== null && !Array.isArray(value) ? (value as Json) : {};
export const asList = (value: unknown): readonly unknown[] => (Array.isArray(value) ? value : []);
export const asNumber = (value: unknown): number | undefined =>
  typeof value === "number" && Number.isFinite(value) ? value : undefined;
export const asString = (value: unknown): string | undefined =>
  typeof value === "string" ? value : undefined;
/** Integers only; anything else is left out. */
export const asIds = (value: unknown): number[] =>
  asList(value).filter((id): id is number => typeof id === "number" && Number.isInteger(id));
