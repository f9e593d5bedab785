import { decodeMulti, encode } from "@msgpack/msgpack";
import {
  CodecError,
  CodecLimitError,
  CodecStreamTruncatedError,
  type DecodedFrame,
  decodeDeltaStream,
  decodeMsgpackStream,
  decodeProtobufFrame,
  decodeProtobufStream,
  decodeStream,
  encodeDeltaStream,
  encodeMsgpackFrame,
  encodeProtobufFrame,
  FrameDecoder,
  FrameEncoder,
  type FrameFormat,
  TokenwireEncoder,
  toOpenAiReason,
  toWireReason,
  zigzagDecode,
  zigzagEncode,
} from "@tokenwire/core/codec";
import fc from "fast-check";
import protobuf from "protobufjs";
import { describe, expect, it } from "vitest";
import { CODEC_PROTO } from "../../src/codec/frames/schema.ts";
import { cutEverywhere, fromHex, streamOf, toHex } from "./bytes.ts";

const id = fc.oneof(fc.integer({ min: 0, max: 300 }), fc.integer({ min: 0, max: 4294967295 }));
const toolCall = fc.record(
  { name: fc.string(), argumentsJson: fc.string(), id: fc.string() },
  { requiredKeys: ["argumentsJson"] },
);
const frame = fc.record(
  {
    ids: fc.array(id, { maxLength: 40 }),
    toolCalls: fc.array(toolCall, { minLength: 1, maxLength: 3 }),
  },
  { requiredKeys: ["ids"] },
);
const lastFrame = fc.record({ ids: fc.array(id), finishReason: fc.string({ maxLength: 300 }) });
const formats: readonly FrameFormat[] = ["msgpack", "protobuf", "msgpack-delta", "protobuf-delta"];

function decodeAll(format: FrameFormat, chunks: readonly Uint8Array[]): DecodedFrame[] {
  const decoder = new FrameDecoder(format);
  const frames: DecodedFrame[] = [];
  for (const chunk of chunks) decoder.push(chunk, (decoded) => frames.push(decoded));
  decoder.end();
  return frames;
}

function concat(parts: readonly Uint8Array[]): Uint8Array {
  return Uint8Array.from(parts.flatMap((part) => [...part]));
}

describe("frames", () => {
  it.each(formats)("%s: what was encoded is decoded, however it is cut", (format) => {
    const plain = !format.endsWith("delta");
    fc.assert(
      fc.property(
        fc.array(frame, { maxLength: 6 }),
        lastFrame,
        fc.array(fc.integer({ min: 1, max: 25 })),
        (frames, last, cuts) => {
          const encoder = new FrameEncoder(format);
          const expected = [
            ...frames.map(({ ids, toolCalls }) => ({
              ids,
              done: false,
              ...(plain && toolCalls ? { toolCalls } : {}),
            })),
            { ids: last.ids, done: true, finishReason: last.finishReason },
          ];
          const bytes = concat(
            expected.map((entry) =>
              encoder.frame(
                entry.ids,
                entry.done,
                "finishReason" in entry ? entry.finishReason : undefined,
                "toolCalls" in entry ? entry.toolCalls : undefined,
              ),
            ),
          );
          const chunks: Uint8Array[] = [];
          let at = 0;
          for (const cut of cuts) {
            chunks.push(bytes.slice(at, at + cut));
            at += cut;
          }
          chunks.push(bytes.slice(at));
          expect(decodeAll(format, chunks).map((decoded) => ({ ...decoded }))).toEqual(expected);
        },
      ),
      { numRuns: 150, seed: 11 },
    );
  });

  it("writes the MessagePack that @msgpack/msgpack writes, and reads it", () => {
    fc.assert(
      fc.property(frame, fc.boolean(), ({ ids, toolCalls }, done) => {
        const wire = {
          ids,
          done,
          ...(done ? { finish_reason: "length" } : {}),
          ...(toolCalls
            ? {
                tool_calls: toolCalls.map(({ name, argumentsJson, id: callId }) => ({
                  ...(name === undefined ? {} : { name }),
                  arguments_json: argumentsJson,
                  ...(callId === undefined ? {} : { id: callId }),
                })),
              }
            : {}),
        };
        const bytes = encodeMsgpackFrame(wire);
        expect(toHex(bytes)).toBe(toHex(encode(wire)));
        expect([...decodeMulti(bytes)]).toEqual([wire]);
      }),
      { numRuns: 300, seed: 3 },
    );
  });

  it("reads and writes the protobuf that protobufjs does", () => {
    const type = protobuf.parse(CODEC_PROTO).root.lookupType("codec.CodecFrame");
    fc.assert(
      fc.property(frame, fc.boolean(), ({ ids, toolCalls }, done) => {
        const payload = type
          .encode({ ids, ...(done ? { done, finishReason: "stop" } : {}), toolCalls: toolCalls ?? [] })
          .finish();
        const decoded = decodeProtobufFrame(payload);
        expect({ ...decoded }).toEqual({
          ids,
          done,
          ...(done ? { finishReason: "stop" } : {}),
          ...(toolCalls ? { toolCalls } : {}),
        });
        expect(toHex(encodeProtobufFrame(decoded).subarray(4))).toBe(toHex(payload));
      }),
      { numRuns: 300, seed: 4 },
    );
  });

  it("reads any key order, unknown keys, wide and signed integers, and nil", () => {
    const bytes = encode({
      extra: { deep: [1, [2, new Uint8Array(3)]], when: null },
      done: true,
      ids: [1],
      finish_reason: null,
    });
    expect(decodeAll("msgpack", [bytes])).toEqual([{ ids: [1], done: true }]);
    const forms = fromHex("82 a3696473 94 d07f d17fff d27fffffff d300000000ffffffff a4646f6e65 c3");
    for (const chunks of cutEverywhere(forms)) {
      expect(decodeAll("msgpack", chunks)).toEqual([
        { ids: [127, 32767, 2147483647, 4294967295], done: true },
      ]);
    }
  });

  it("reads the proposal with integer keys and packed ids", () => {
    expect(decodeAll("msgpack", [fromHex("83 00 c403 eb4b01 01c3 02a473746f70")])).toEqual([
      { ids: [9707, 1], done: true, finishReason: "stop" },
    ]);
  });

  it("reads unpacked, repeated and unknown protobuf fields", () => {
    const payload = fromHex("0801 0a020203 0804 3a0178 4d00000000 5101020304050607 08 1000 1001");
    expect({ ...decodeProtobufFrame(payload) }).toEqual({ ids: [1, 2, 3, 4], done: true });
  });

  it("offers the spelling of the wire on decoded frames", () => {
    const [decoded] = decodeAll("msgpack", [
      encodeMsgpackFrame({
        ids: [],
        done: true,
        finish_reason: "length",
        tool_calls: [{ arguments_json: "{}" }],
      }),
    ]);
    expect(decoded?.finish_reason).toBe("length");
    expect(decoded?.tool_calls).toEqual([{ arguments_json: "{}" }]);
  });

  it.each([
    ["msgpack", "93010203", /must be a map/],
    ["msgpack", "81 a4646f6e65 c3", /neither/],
    ["msgpack", "82 a3696473 91 ff a4646f6e65 c3", /got -1/],
    ["msgpack", "82 a3696473 91 ca3f000000 a4646f6e65 c3", /got 0.5/],
    ["msgpack", "82 a3696473 91 cf0000000100000000 a4646f6e65 c3", /got 4294967296/],
    ["msgpack", "82 a3696473 a178 a4646f6e65 c3", /must be an array/],
    ["msgpack", "82 a3696473 90 a4646f6e65 01", /must be a boolean/],
    ["msgpack", "83 a3696473 90 a4646f6e65 c3 ad66696e6973685f726561736f6e a1ff", /UTF-8/],
    ["msgpack", "c1", /must be a map/],
    ["msgpack", "81 a178 ddffffffff", CodecLimitError],
    ["msgpack", "81 a3696473 dd00ffffff", CodecLimitError],
    ["protobuf", "ffffffff", CodecLimitError],
    ["protobuf", "0000000a 0a08 ffffffffffffff7f", /too long/],
    ["protobuf", "00000007 0a05 ffffffff1f", /exceeds 4294967295/],
    ["protobuf", "00000002 0a05", /runs past the end/],
    ["protobuf", "00000001 0b", /wire type 3/],
    ["protobuf", "00000002 0001", /field number 0/],
    ["protobuf", "00000003 1a01ff", /UTF-8/],
    ["protobuf", "00000005 0a01012800", /reaches ID -1/],
  ] as const)("%s refuses %s", (format, hex, expected) => {
    const run = (): unknown => decodeAll(format, [fromHex(hex)]);
    expect(run).toThrow(CodecError);
    expect(run).toThrow(expected as RegExp);
  });

  it("refuses nesting without recursing into it", () => {
    const deep = new Uint8Array(100_000).fill(0x91);
    const bytes = concat([fromHex("82a178"), deep]);
    expect(() => decodeAll("msgpack", [bytes])).toThrow(/nested deeper/);
    expect(() => decodeAll("msgpack", [bytes.subarray(0, 20), bytes.subarray(20)])).toThrow(/nested deeper/);
  });

  it("tells a body cut inside a frame from one without a last frame", () => {
    const whole = encodeMsgpackFrame({ ids: [1], done: false });
    const cases = [
      [[whole.subarray(0, 5)], true],
      [[whole], false],
      [[], false],
    ] as const;
    for (const [chunks, midFrame] of cases) {
      expect(() => decodeAll("msgpack", chunks)).toThrow(expect.objectContaining({ midFrame }) as Error);
    }
    const decoder = new FrameDecoder("msgpack", { allowMissingDone: true });
    decoder.push(whole, () => undefined);
    decoder.end();
  });

  it("reports and drops bytes behind the last frame, or refuses them", () => {
    const last = encodeProtobufFrame({ ids: [1], done: true });
    const reports: string[] = [];
    const decoder = new FrameDecoder("protobuf", { onProtocolError: (message) => reports.push(message) });
    const frames: DecodedFrame[] = [];
    decoder.push(concat([last, last]), (decoded) => frames.push(decoded));
    decoder.push(last, (decoded) => frames.push(decoded));
    decoder.end();
    expect(frames).toHaveLength(1);
    expect(reports).toEqual([
      `${last.length} bytes follow the last frame of the stream.`,
      `${last.length} bytes follow the last frame of the stream.`,
    ]);
    const strict = new FrameDecoder("protobuf", { strict: true });
    expect(() => strict.push(concat([last, last]), () => undefined)).toThrow(/follow the last frame/);
  });

  it("reads a frame of many pieces once, not once per piece", () => {
    const ids = Array.from({ length: 20_000 }, (_, index) => 70_000 + index);
    const bytes = encodeMsgpackFrame({ ids, done: true });
    const decoder = new FrameDecoder("msgpack");
    const frames: DecodedFrame[] = [];
    for (let at = 0; at < bytes.length; at++)
      decoder.push(bytes.subarray(at, at + 1), (decoded) => frames.push(decoded));
    expect(frames.map((decoded) => decoded.ids)).toEqual([ids]);
  });

  it("does not keep the caller's chunk", () => {
    const bytes = encodeMsgpackFrame({ ids: [70_000, 70_001], done: true });
    const decoder = new FrameDecoder("msgpack");
    const frames: DecodedFrame[] = [];
    const chunk = bytes.slice(0, 9);
    decoder.push(chunk, (decoded) => frames.push(decoded));
    chunk.fill(0);
    decoder.push(bytes.subarray(9), (decoded) => frames.push(decoded));
    expect(frames[0]?.ids).toEqual([70_000, 70_001]);
  });

  it("maps finish reasons", () => {
    expect(toWireReason("tool_calls")).toBe("eos_token");
    expect(toOpenAiReason("policy_violation")).toBe("content_filter");
    expect(toOpenAiReason("whatever")).toBeUndefined();
    expect(toOpenAiReason("toString")).toBeUndefined();
  });

  it("differences survive the whole range of ids", () => {
    expect([0, -1, 1, -4294967295, 4294967295].map((value) => zigzagDecode(zigzagEncode(value)))).toEqual([
      0, -1, 1, -4294967295, 4294967295,
    ]);
    const frames = [{ ids: [4294967295] }, { ids: [] }, { ids: [0, 5], done: true, finishReason: "length" }];
    expect([...decodeDeltaStream(encodeDeltaStream(frames))]).toEqual(
      frames.map((entry) => ({ done: false, ...entry })),
    );
    expect(() => [...decodeDeltaStream([{ baseId: 0, idsDelta: [1], done: true }])]).toThrow(/reaches ID -1/);
  });
});

describe("frame streams", () => {
  const encoder = new FrameEncoder("protobuf");
  const body = [encoder.frame([1, 2]), encoder.frame([3]), encoder.frame([], true, "eos_token")];

  it("yields frames of a ReadableStream and cancels it behind the last", async () => {
    const { stream, cancelled } = streamOf([...body, fromHex("00")]);
    const ids: number[] = [];
    for await (const decoded of decodeProtobufStream(stream)) ids.push(...decoded.ids);
    expect(ids).toEqual([1, 2, 3]);
    expect(cancelled()).toBe(true);
  });

  it("cancels when the consumer leaves early", async () => {
    const { stream, cancelled } = streamOf(body);
    for await (const decoded of decodeProtobufStream(stream)) {
      expect(decoded.ids).toEqual([1, 2]);
      break;
    }
    expect(cancelled()).toBe(true);
  });

  it("reads async iterables and runs their cleanup", async () => {
    let cleaned = false;
    async function* chunks(): AsyncGenerator<Uint8Array> {
      try {
        yield* body;
        yield fromHex("00");
      } finally {
        cleaned = true;
      }
    }
    const ids: number[] = [];
    for await (const decoded of decodeStream(chunks(), "protobuf")) ids.push(...decoded.ids);
    expect(ids).toEqual([1, 2, 3]);
    expect(cleaned).toBe(true);
  });

  it("yields what was complete before an error", async () => {
    const bad = concat([encodeMsgpackFrame({ ids: [1], done: false }), fromHex("c1")]);
    const ids: number[] = [];
    const run = async (): Promise<void> => {
      for await (const decoded of decodeMsgpackStream(streamOf([bad]).stream)) ids.push(...decoded.ids);
    };
    await expect(run()).rejects.toThrow(CodecError);
    expect(ids).toEqual([1]);
  });

  it("reports a truncated body", async () => {
    const frames: DecodedFrame[] = [];
    const run = async (): Promise<void> => {
      for await (const decoded of decodeProtobufStream(streamOf(body.slice(0, 2)).stream))
        frames.push(decoded);
    };
    await expect(run()).rejects.toThrow(CodecStreamTruncatedError);
    expect(frames).toHaveLength(2);
  });

  it("stops at an abort", async () => {
    const controller = new AbortController();
    const { stream, cancelled } = streamOf(body);
    const run = async (): Promise<void> => {
      for await (const _ of decodeProtobufStream(stream, { signal: controller.signal })) {
        controller.abort(new Error("enough"));
      }
    };
    await expect(run()).rejects.toThrow("enough");
    expect(cancelled()).toBe(true);
  });

  it("reads a tokenwire stream as frames", async () => {
    const out = new TokenwireEncoder({ mode: 1 });
    out.ids([7, 8]);
    out.text("dropped");
    out.finish("length");
    out.end();
    const frames: DecodedFrame[] = [];
    for await (const decoded of decodeStream(streamOf([out.take()]).stream, "tokenwire-adaptive"))
      frames.push(decoded);
    expect(frames).toEqual([
      { ids: [7, 8], done: false },
      { ids: [], done: true, finishReason: "length" },
    ]);
  });
});
