export { didYouMean } from "./did-you-mean.ts";
export type { ErrorCode, ErrorDescription } from "./errors.ts";
export { errorTable, isTokenwireError, TokenwireError } from "./errors.ts";
