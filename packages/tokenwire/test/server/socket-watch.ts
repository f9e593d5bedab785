// Watches what our servers send over WebSockets: after each test, every frame is checked, and every response for the
// order of its events.

import { afterEach, expect } from "vitest";
import { WebSocket } from "ws";
import { type AnyEvent, checkLifecycle, isTerminal } from "./lifecycle.ts";
import { check, error } from "./wire-schemas.ts";

const sent: Map<WebSocket, string[]> = new Map();
const bare = WebSocket.prototype.send;

function send(this: WebSocket, data: string, ...rest: never[]): void {
  // Clients' sockets are of the same class; only a server's has no address.
  if (typeof data === "string" && !this.url) {
    const frames = sent.get(this) ?? [];
    sent.set(this, frames);
    frames.push(data);
  }
  (bare as (this: WebSocket, ...all: unknown[]) => void).call(this, data, ...rest);
}
WebSocket.prototype.send = send as typeof bare;

/** Raises at the first frame that is none of a response in order, and no error either. */
export function checkFrames(frames: readonly string[]): void {
  let events: AnyEvent[] = [];
  for (const text of frames) {
    const frame = JSON.parse(text) as AnyEvent & { status?: number };
    if (frame.type === "error" && typeof frame.status === "number") {
      const { type: _type, status: _status, ...body } = frame;
      check(error, body);
      continue;
    }
    if (frame.type === "tokenwire:connection.expiring") {
      expect(events, "no response is interrupted").toEqual([]);
      continue;
    }
    events.push(frame);
    if (!isTerminal(frame)) continue;
    checkLifecycle(events);
    events = [];
  }
}

afterEach(() => {
  const all = [...sent.values()];
  sent.clear();
  for (const frames of all) checkFrames(frames);
});
