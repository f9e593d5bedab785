import { TokenwireError } from "@tokenwire/core";

/** INVALID_PROFILE: files of a model that cannot be used. `where` is the file, `message` what is wrong with it. */
export function invalidProfile(where: string, message: string, cause?: unknown): TokenwireError {
  return new TokenwireError("INVALID_PROFILE", `${where}: ${message}`, { cause });
}
