export type { JsonObject, JsonValue } from "./value.ts";
export { JsonFloat } from "./value.ts";
