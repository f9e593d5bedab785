// Frame vectors made with independent encoders: bytes out and frames in, at every cut.

import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import {
  CodecError,
  decodeDeltaFrame,
  encodeDeltaFrame,
  encodeMsgpackFrame,
  encodeProtobufFrame,
  FrameDecoder,
  FrameEncoder,
  type FrameFormat,
  type WireFrame,
  zigzagDecode,
  zigzagEncode,
} from "@tokenwire/core/codec";
import { describe, expect, it } from "vitest";

const file = join(import.meta.dirname, "../../../shared/acceptance/codec/frames.json");

interface Vectors {
  readonly frames: readonly {
    readonly frame: WireFrame & { readonly ids: readonly number[]; readonly done: boolean };
    readonly msgpack: string;
    readonly protobuf_engine: string;
    readonly protobuf_canonical: string;
  }[];
  readonly delta_msgpack: readonly {
    readonly in: { readonly ids: readonly number[]; readonly base_id: number; readonly done?: boolean };
    readonly ids_delta: readonly number[];
    readonly msgpack_msgspec_key_order: string;
  }[];
  readonly zigzag: readonly (readonly [number, number])[];
  readonly negative: readonly { readonly what: string; readonly hex: string }[];
}

const hexOf = (bytes: Uint8Array): string => Buffer.from(bytes).toString("hex");
const bytesOf = (hex: string): Uint8Array => new Uint8Array(Buffer.from(hex, "hex"));

function decodeAtEveryCut(format: FrameFormat, bytes: Uint8Array): WireFrame[] {
  const results: WireFrame[] = [];
  for (let cut = 0; cut <= bytes.length; cut++) {
    const decoder = new FrameDecoder(format, { allowMissingDone: true });
    for (const chunk of [bytes.subarray(0, cut), bytes.subarray(cut)]) {
      decoder.push(chunk, ({ ids, done, finish_reason, tool_calls }) => {
        results.push({
          ids,
          done,
          ...(finish_reason === null ? {} : { finish_reason }),
          ...(tool_calls === undefined ? {} : { tool_calls }),
        });
      });
    }
    decoder.end();
  }
  expect(results).toHaveLength(bytes.length + 1);
  return results;
}

describe.skipIf(!existsSync(file))("acceptance: codec frames", () => {
  const vectors = existsSync(file)
    ? (JSON.parse(readFileSync(file, "utf8")) as Vectors)
    : { frames: [], delta_msgpack: [], zigzag: [], negative: [] };

  it.each(vectors.frames.map((entry) => [JSON.stringify(entry.frame).slice(0, 60), entry] as const))(
    "%s",
    (_name, entry) => {
      expect(hexOf(encodeMsgpackFrame(entry.frame))).toBe(entry.msgpack);
      expect(hexOf(encodeProtobufFrame(entry.frame))).toBe(entry.protobuf_canonical);
      expect(hexOf(encodeProtobufFrame(entry.frame, { protobuf: "engine" }))).toBe(entry.protobuf_engine);
      const forms: readonly (readonly [FrameFormat, string])[] = [
        ["msgpack", entry.msgpack],
        ["protobuf", entry.protobuf_engine],
        ["protobuf", entry.protobuf_canonical],
      ];
      for (const [format, hex] of forms) {
        for (const decoded of decodeAtEveryCut(format, bytesOf(hex))) expect(decoded).toEqual(entry.frame);
      }
    },
  );

  it("delta frames", () => {
    for (const { in: frame, ids_delta, msgpack_msgspec_key_order: hex } of vectors.delta_msgpack) {
      const done = frame.done ?? false;
      const delta = encodeDeltaFrame({ ids: frame.ids, done }, frame.base_id);
      expect(delta.idsDelta).toEqual(ids_delta);
      expect(decodeDeltaFrame(delta).ids).toEqual(frame.ids);
      const encoder = new FrameEncoder("msgpack-delta", { nullFinishReason: true });
      if (frame.base_id !== 0) encoder.frame([frame.base_id]);
      expect(hexOf(encoder.frame(frame.ids, done))).toBe(hex);
      for (const decoded of decodeAtEveryCut("msgpack-delta", bytesOf(hex))) {
        expect(decoded).toEqual({ ids: frame.ids, done });
      }
    }
  });

  it("zigzag pairs", () => {
    for (const [value, zigzag] of vectors.zigzag) {
      expect(zigzagEncode(value)).toBe(zigzag);
      expect(zigzagDecode(zigzag)).toBe(value);
    }
  });

  it.each(vectors.negative.map((entry) => [entry.what, entry.hex] as const))("refuses a %s", (_what, hex) => {
    const decoder = new FrameDecoder("protobuf");
    expect(() => {
      decoder.push(bytesOf(hex), () => undefined);
      decoder.end();
    }).toThrow(CodecError);
  });
});
