// Requests inside requests: a fault is reported with its whole path.

import { ApiError } from "../api-error.ts";

/** Runs `parse`; an `ApiError` it raises names its field below `path`, as in `sampling_params.top_p`. */
export function parseNested<T>(path: string, parse: () => T): T {
  try {
    return parse();
  } catch (error) {
    throw nestedError(path, error);
  }
}

/** The same for what takes a while. */
export async function awaitNested<T>(path: string, task: () => Promise<T>): Promise<T> {
  try {
    return await task();
  } catch (error) {
    throw nestedError(path, error);
  }
}

function nestedError(path: string, error: unknown): unknown {
  if (!(error instanceof ApiError) || error.status !== 400) return error;
  const inner = error.param;
  const param = inner === null ? path : `${path}.${inner}`;
  const message =
    inner !== null && error.message.startsWith(inner)
      ? `${path}.${error.message}`
      : inner === null
        ? `${path}: ${error.message}`
        : error.message.replaceAll(`'${inner}'`, `'${param}'`);
  return new ApiError(400, message, { param, wireCode: error.wireCode });
}
