// Control records as events: the parts that need no state of the stream.

import { CodecFrameError, CodecLimitError } from "../codec-error.ts";
import type { PayloadReader } from "./payload-reader.ts";
import {
  FINISH_NAMES,
  TOOL_CALL_FLAGS,
  type TokenwireErrorBody,
  type TokenwireEvent,
  type TokenwireLogprob,
  type TokenwireStop,
  USAGE_KEYS,
} from "./record.ts";

export function readFinish(payload: PayloadReader, choice: number): TokenwireEvent {
  const code = payload.varint("finish code");
  if (code === 0) return { kind: "finish", choice, reason: payload.text("finish reason") };
  const reason = FINISH_NAMES.get(code) ?? `unknown:${code}`;
  if (payload.left === 0) return { kind: "finish", choice, reason };
  return { kind: "finish", choice, reason, stop: readStop(payload) };
}

function readStop(payload: PayloadReader): TokenwireStop {
  const tag = payload.byte("stop kind");
  if (tag === 2) return { text: payload.text("stop string") };
  if (tag !== 1) throw new CodecFrameError(`tokenwire FINISH names an unknown stop kind ${tag}.`);
  const tokenId = payload.varint("stop token");
  payload.expectEnd("FINISH");
  return { tokenId };
}

export function readUsage(payload: PayloadReader): TokenwireEvent {
  const usage: Record<string, number> = {};
  while (payload.left > 0) {
    const name = USAGE_KEYS[payload.varint("usage key") - 1];
    const value = payload.varint("usage value");
    if (name !== undefined) usage[name] = value;
  }
  return { kind: "usage", ...usage };
}

export function readError(payload: PayloadReader): TokenwireEvent {
  const status = payload.varint("error status");
  const body = payload.json("error");
  if (typeof body["message"] !== "string" || typeof body["type"] !== "string") {
    throw new CodecFrameError('tokenwire error must have the strings "message" and "type".');
  }
  return { kind: "error", status, error: body as unknown as TokenwireErrorBody };
}

export function readToolCall(payload: PayloadReader, choice: number, maxIndex: number): TokenwireEvent {
  const index = payload.varint("tool call index");
  if (index >= maxIndex) {
    throw new CodecLimitError(`tokenwire tool call index ${index} is not below ${maxIndex}.`);
  }
  const flags = payload.varint("tool call flags");
  const part = (flag: number, what: string): string | undefined =>
    flags & flag ? payload.text(what, payload.varint(`${what} length`)) : undefined;
  const id = part(TOOL_CALL_FLAGS.id, "tool call id");
  const name = part(TOOL_CALL_FLAGS.name, "tool call name");
  const args = part(TOOL_CALL_FLAGS.arguments, "tool call arguments");
  return {
    kind: "toolCall",
    choice,
    index,
    ...(id === undefined ? {} : { id }),
    ...(name === undefined ? {} : { name }),
    ...(args === undefined ? {} : { arguments: args }),
    ...(flags & TOOL_CALL_FLAGS.last ? { last: true } : {}),
  };
}

export function readLogprobs(payload: PayloadReader, choice: number): TokenwireEvent {
  const count = payload.varint("logprob count");
  const alternatives = payload.varint("alternative count");
  // Four bytes per number and at least one per ID: a count that cannot fit is refused before anything is allocated.
  if (count * (4 + 5 * alternatives) > payload.left) {
    throw new CodecFrameError(
      `tokenwire LOGPROBS declares ${count} × ${alternatives} entries, more than it holds.`,
    );
  }
  const items: TokenwireLogprob[] = [];
  for (let index = 0; index < count; index++) items.push(readLogprob(payload, alternatives));
  payload.expectEnd("LOGPROBS");
  return { kind: "logprobs", choice, items };
}

function readLogprob(payload: PayloadReader, alternatives: number): TokenwireLogprob {
  const logprob = payload.float("logprob");
  if (alternatives === 0) return { logprob };
  const top: { id: number; logprob: number }[] = [];
  for (let index = 0; index < alternatives; index++) {
    const value = payload.varint("alternative");
    if (value === 0) throw new CodecFrameError("tokenwire LOGPROBS holds an ID below 0.");
    top.push({ id: value - 1, logprob: payload.float("logprob") });
  }
  return { logprob, top };
}
