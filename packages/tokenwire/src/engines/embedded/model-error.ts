// Faults of a model file that its header does not show.

import { TokenwireError } from "@tokenwire/core";

/** INVALID_GGUF with a message that says what is wrong with the file. */
export function damagedModel(message: string): TokenwireError {
  return new TokenwireError("INVALID_GGUF", `Not a model that the embedded engine can run: ${message}`);
}
