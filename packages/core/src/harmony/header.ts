// The fields of a message header.

import type { Role } from "./message.ts";

export interface Header {
  readonly role: Role;
  readonly name?: string | undefined;
  readonly recipient?: string | undefined;
  readonly channel?: string | undefined;
  readonly contentType?: string | undefined;
}
