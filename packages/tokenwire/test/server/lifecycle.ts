// Checks the events of one response against the rules of the API: order, numbering, indexes, ids, and that they fold to
// the final object.

import { expect } from "vitest";
import { check, responseEvent } from "./wire-schemas.ts";

export interface AnyEvent {
  readonly type: string;
  readonly sequence_number: number;
  readonly [key: string]: unknown;
}
// biome-ignore lint/suspicious/noExplicitAny: the wire's JSON, whose shape is what is tested
type Body = Record<string, any>;

const terminal = new Set([
  "response.completed",
  "response.incomplete",
  "response.failed",
  "response.cancelled",
]);

/** Whether a response ends with this event. */
export const isTerminal = ({ type }: AnyEvent): boolean => terminal.has(type);

/** Frames of a stream: `event:` equals the type, and `[DONE]` comes last. */
export function parseResponseStream(text: string): AnyEvent[] {
  const frames = text.split("\n\n").filter((frame) => frame !== "" && !frame.startsWith(":"));
  expect(frames.pop()).toBe("data: [DONE]");
  return frames.map((frame) => {
    const [, name, data] = /^event: (.+)\ndata: (.+)$/.exec(frame)!;
    const event = JSON.parse(data!) as AnyEvent;
    expect(event.type).toBe(name);
    return event;
  });
}

/** Validates a whole stream and returns its final response. */
export function checkLifecycle(events: readonly AnyEvent[]): Body {
  for (const event of events) check(responseEvent, event);
  events.forEach((event, index) => {
    expect(event.sequence_number).toBe(index);
  });
  expect(events[0]!.type).toBe("response.created");
  const last = events.at(-1)!;
  expect(terminal).toContain(last.type);
  expect(events.filter((event) => terminal.has(event.type))).toHaveLength(1);
  const final = last["response"] as Body;
  const ids = events.filter((event) => event["response"]).map((event) => (event["response"] as Body)["id"]);
  expect(new Set(ids).size).toBe(1);
  const checker = new ItemChecker();
  for (const event of events) checker.read(event);
  expect(checker.open).toBeUndefined();
  expect(final["output"]).toEqual(checker.done);
  if (last.type !== "response.failed" && last.type !== "response.cancelled")
    expect(final["usage"]).not.toBeNull();
  return final;
}

class ItemChecker {
  readonly done: Body[] = [];
  open: Body | undefined;
  #parts: Map<string, string> = new Map();

  read(event: AnyEvent): void {
    const body = event as Body;
    if (event.type === "response.output_item.added") {
      expect(this.open).toBeUndefined();
      expect(body["output_index"]).toBe(this.done.length);
      // Lists of tools and approval requests have no status.
      expect(body["item"].status ?? "in_progress").toBe("in_progress");
      this.open = body["item"];
      this.#parts = new Map();
    } else if (event.type === "response.output_item.done") {
      expect(body["item"].id).toBe(this.open!["id"]);
      expect(body["output_index"]).toBe(this.done.length);
      this.done.push(body["item"]);
      this.open = undefined;
    } else if ("item_id" in event) this.#inside(event.type, body);
  }

  #inside(type: string, body: Body): void {
    expect(body["item_id"]).toBe(this.open!["id"]);
    expect(body["output_index"]).toBe(this.done.length);
    const name = type.replace(/\.(delta|done|added)$/, "");
    if (type.endsWith(".delta")) {
      expect(body["delta"]).not.toBe("");
      this.#parts.set(name, (this.#parts.get(name) ?? "") + body["delta"]);
    } else if (type.endsWith(".done") && !name.endsWith("part")) {
      expect(body["text"] ?? body["arguments"] ?? body["input"] ?? body["code"]).toBe(
        this.#parts.get(name) ?? "",
      );
    }
  }
}
