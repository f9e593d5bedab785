// Request ids: the client's own when it sent a usable one, so that its log and ours can be joined.

import type { IncomingHttpHeaders } from "node:http";
import { newId } from "../protocol/index.ts";

/** Printable ASCII only: the id goes into headers and log lines. */
const usable = /^[\x21-\x7e]{1,512}$/;

export function requestIdOf(headers: IncomingHttpHeaders): string {
  for (const name of ["x-client-request-id", "x-request-id"]) {
    const value = headers[name];
    if (typeof value === "string" && usable.test(value)) return value;
  }
  return newId("req_");
}
