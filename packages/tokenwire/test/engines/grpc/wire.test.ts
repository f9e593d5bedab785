// The protocol buffers of engines: bytes, and agreement with another implementation that reads .proto files.

import fc from "fast-check";
import protobuf from "protobufjs";
import { describe, expect, it } from "vitest";
import type { GrpcDialect } from "../../../src/engines/grpc/dialect.ts";
import { mlx } from "../../../src/engines/grpc/dialects/mlx.ts";
import { sglang } from "../../../src/engines/grpc/dialects/sglang.ts";
import { tokenspeed } from "../../../src/engines/grpc/dialects/tokenspeed.ts";
import { trtllm } from "../../../src/engines/grpc/dialects/trtllm.ts";
import { vllm } from "../../../src/engines/grpc/dialects/vllm.ts";
import { kvEventBatch, tokenizerChunk } from "../../../src/engines/grpc/messages.ts";
import { decodeMessage, encodeMessage, type Message } from "../../../src/engines/grpc/wire.ts";
import { behaviours, type GrpcName, loadProtos } from "./grpc-fake.ts";

const runs = Number(process.env["TOKENWIRE_FUZZ"] ?? 60);
const dialects: Record<GrpcName, GrpcDialect> = { vllm, sglang, tokenspeed, trtllm, mlx };
const hex = (bytes: Uint8Array): string => Buffer.from(bytes).toString("hex");

describe("bytes", () => {
  it("are those of the encoding guide", () => {
    expect(hex(encodeMessage({ a: [1, "uint32"] }, { a: 150 }))).toBe("089601");
    expect(hex(encodeMessage({ b: [2, "string"] }, { b: "testing" }))).toBe("120774657374696e67");
    expect(hex(encodeMessage({ c: [3, { a: [1, "int32"] }] }, { c: { a: 150 } }))).toBe("1a03089601");
    expect(hex(encodeMessage({ f: [6, "int32*"] }, { f: [3, 270, 86942] }))).toBe("3206038e029ea705");
    expect(hex(encodeMessage({ k: [3, "int32"] }, { k: -1 }))).toBe("18ffffffffffffffffff01");
    const map: Message = { m: [7, "map<string,float>"] };
    expect(hex(encodeMessage(map, { m: new Map([["7", -100]]) }))).toBe("3a080a0137150000c8c2");
    expect(decodeMessage(map, Buffer.from("3a080a0137150000c8c2", "hex"))).toEqual({
      m: new Map([["7", -100]]),
    });
  });

  it("hold zeros, leave out what is undefined, and refuse a name that is none", () => {
    const message: Message = { a: [1, "uint32"], b: [2, "bool"], f: [3, "float"] };
    expect(hex(encodeMessage(message, { a: 0, b: false, f: undefined }))).toBe("08001000");
    expect(() => encodeMessage(message, { aa: 1 })).toThrow(/no field "aa"/);
  });

  it("take repeated numbers packed and unpacked, and skip what is unknown", () => {
    const message: Message = { ids: [2, "uint32*"] };
    expect(decodeMessage(message, Buffer.from("1001100212020304", "hex"))).toEqual({ ids: [1, 2, 3, 4] });
    expect(
      decodeMessage(message, Buffer.from("0a01ff1d000000002500000000310000000000000000", "hex")),
    ).toEqual({});
  });

  it("that are no message are refused, whatever they are", () => {
    const message = vllm.messages.generateResponse;
    for (const damaged of ["0a", "0a05", "0b", "ffffffffffffffffffffff", "0a0a0aff"]) {
      expect(() => decodeMessage(message, Buffer.from(damaged, "hex"))).toThrow(RangeError);
    }
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 60 }), (bytes) => {
        try {
          decodeMessage(message, bytes);
        } catch (error) {
          expect(error).toBeInstanceOf(RangeError);
        }
      }),
      { numRuns: runs },
    );
  });
});

/** Every field of ours must be one of theirs, with the same type. */
function differences(ours: Message, theirs: protobuf.Type, path = theirs.name): string[] {
  return Object.entries(ours).flatMap(([name, [number, type, repeated]]) => {
    const field = theirs.fieldsById[number]?.resolve();
    const where = `${path}.${name} = ${number}`;
    if (field === undefined) return [`${where} does not exist`];
    if (field instanceof protobuf.MapField) {
      return type === `map<${field.keyType},${field.type}>` ? [] : [`${where} is a map of ${field.type}`];
    }
    if (typeof type !== "string") {
      if (field.repeated !== (repeated === "*")) return [`${where} is repeated on one side only`];
      return field.resolvedType instanceof protobuf.Type
        ? differences(type, field.resolvedType, `${path}.${name}`)
        : [`${where} is ${field.type}`];
    }
    const their = field.resolvedType instanceof protobuf.Enum ? "int32" : field.type;
    return type === (field.repeated ? `${their}*` : their) ? [] : [`${where} is ${field.type}, not ${type}`];
  });
}

describe.each(Object.entries(dialects))("%s", (name, { messages, service }) => {
  const root = loadProtos(name as GrpcName);
  const typeOf = (type: string) => root.lookupType(`${service.replace(/\.\w+$/, "")}.${type}`);

  it("has the service's name and the numbers and types of its messages", () => {
    expect(service).toBe(behaviours[name as GrpcName].service);
    const pairs: [Message | undefined, string][] = [
      [messages.generateRequest, "GenerateRequest"],
      [messages.generateResponse, "GenerateResponse"],
      [messages.abortRequest, "AbortRequest"],
      [messages.health, "HealthCheckResponse"],
      [messages.modelInfo, "GetModelInfoResponse"],
      [messages.serverInfo, "GetServerInfoResponse"],
      [messages.loads, "GetLoadsResponse"],
      [messages.embedRequest, "EmbedRequest"],
      [messages.embedResponse, "EmbedResponse"],
    ];
    // MLX and vLLM's aborts have no reason; nothing is sent in that field there.
    const found = pairs.flatMap(([ours, type]) => (ours ? differences(ours, typeOf(type)) : []));
    expect(found.filter((line) => line !== "AbortRequest.reason = 2 does not exist")).toEqual([]);
    expect(differences(tokenizerChunk, root.lookupType("smg.grpc.common.GetTokenizerChunk"))).toEqual([]);
    expect(differences(kvEventBatch, root.lookupType("smg.grpc.common.KvEventBatch"))).toEqual([]);
  });

  it("reads what the other implementation writes", () => {
    const type = typeOf("GenerateResponse");
    const ids = fc.array(fc.integer({ min: 0, max: 2 ** 32 - 1 }), { minLength: 1, maxLength: 40 });
    fc.assert(
      fc.property(ids, (tokens) => {
        const bytes = type
          .encode(type.fromObject({ chunk: { token_ids: tokens, cached_tokens: 7 } }))
          .finish();
        const { chunk } = decodeMessage(messages.generateResponse, bytes);
        expect(chunk).toMatchObject({ token_ids: tokens, cached_tokens: 7 });
      }),
      { numRuns: runs },
    );
  });
});
