// Servers of the gRPC family on the real transport, with messages decoded by another implementation from .proto files.
// Stricter than the originals: unknown fields are refused, and so is a request that leaves a sampling value to chance.

import { readFileSync } from "node:fs";
import {
  type handleServerStreamingCall,
  type handleUnaryCall,
  Server,
  ServerCredentials,
  type ServerWritableStream,
  status,
  type UntypedServiceImplementation,
} from "@grpc/grpc-js";
import protobuf from "protobufjs";

export type GrpcName = "vllm" | "sglang" | "tokenspeed" | "trtllm" | "mlx";
export type Body = Record<string, unknown>;

interface Behaviour {
  readonly service: string;
  /** Whether `completion_tokens` counts the chunk's ids or all so far. */
  readonly counter: "delta" | "total";
  /** What `complete` holds after a stream. */
  readonly repeats: "last" | "all" | "nothing";
  readonly sampling: string;
  /** Fields that must be on the wire, even if their value is zero. */
  readonly explicit: readonly string[];
  readonly limit: (body: Body) => unknown;
  readonly keepsStop: (body: Body) => boolean;
  readonly namesOfComplete: { readonly ids: string; readonly matched: string };
}

const values = ["temperature", "top_p", "top_k", "min_p", "frequency_penalty", "presence_penalty"].concat(
  "repetition_penalty",
);
const sampling = (body: Body): Body => body["sampling_params"] as Body;

export const behaviours: Record<GrpcName, Behaviour> = {
  vllm: {
    service: "vllm.grpc.engine.VllmEngine",
    counter: "delta",
    repeats: "last",
    sampling: "sampling_params",
    explicit: [...values, "max_tokens", "n"],
    limit: (body) => sampling(body)["max_tokens"],
    keepsStop: () => true,
    namesOfComplete: { ids: "output_ids", matched: "matched_token_id" },
  },
  sglang: {
    service: "sglang.grpc.scheduler.SglangScheduler",
    counter: "total",
    repeats: "last",
    sampling: "sampling_params",
    explicit: [...values, "max_new_tokens", "n"],
    limit: (body) => sampling(body)["max_new_tokens"],
    keepsStop: (body) => sampling(body)["no_stop_trim"] === true,
    namesOfComplete: { ids: "output_ids", matched: "matched_token_id" },
  },
  tokenspeed: {
    service: "tokenspeed.grpc.scheduler.TokenSpeedScheduler",
    counter: "total",
    repeats: "last",
    sampling: "sampling_params",
    explicit: [...values, "max_new_tokens", "n"],
    limit: (body) => sampling(body)["max_new_tokens"],
    keepsStop: (body) => sampling(body)["no_stop_trim"] === true,
    namesOfComplete: { ids: "output_ids", matched: "matched_token_id" },
  },
  trtllm: {
    service: "trtllm.TrtllmService",
    counter: "total",
    repeats: "all",
    sampling: "sampling_config",
    explicit: [...values, "beam_width", "num_return_sequences"],
    limit: (body) => body["max_tokens"],
    keepsStop: (body) => body["include_stop_token_in_output"] === true,
    namesOfComplete: { ids: "output_token_ids", matched: "matched_token_id" },
  },
  mlx: {
    service: "mlx.grpc.engine.MlxEngine",
    counter: "total",
    repeats: "nothing",
    sampling: "sampling_params",
    explicit: [...values, "max_tokens"],
    limit: (body) => sampling(body)["max_tokens"],
    keepsStop: () => true,
    namesOfComplete: { ids: "output_ids", matched: "matched_stop_token_id" },
  },
};

export interface GrpcFakeOptions {
  readonly ids: readonly number[];
  /** Ids per chunk. */
  readonly chunk?: number;
  /** Milliseconds before each chunk. */
  readonly pace?: number;
  /** Everything in `complete`, as a server that does not stream. */
  readonly whole?: boolean;
  /** The stop id is left out although it was asked for. */
  readonly trims?: boolean;
  /** The model's own end: no id is named for it. */
  readonly unnamedEnd?: number;
  readonly finishReason?: string;
  /** The first requests fail with these codes. */
  readonly failures?: readonly { readonly code: number; readonly details: string }[];
  /** A status in mid-stream after so many ids. */
  readonly failAfter?: { readonly ids: number; readonly code: number };
  /** Every sent log-probability is left out. */
  readonly noLogprobs?: boolean;
  readonly healthy?: boolean;
  readonly tokenizer?: readonly Body[];
  readonly tokenizerFailure?: number;
  readonly eos?: readonly number[];
  /** What the server says of its model in place of the usual. */
  readonly model?: Body;
}

export interface GrpcFake {
  readonly url: string;
  /** Decoded requests by method. */
  readonly requests: { readonly method: string; readonly body: Body; readonly metadata: Body }[];
  /** Requests that the client named in an abort. */
  readonly aborts: string[];
  /** Streams that the client cancelled. */
  readonly cancelled: () => number;
  close(): Promise<void>;
}

const here = new URL("protos/", import.meta.url);

export function loadProtos(name: GrpcName): protobuf.Root {
  const root = new protobuf.Root();
  for (const file of ["common", name]) {
    protobuf.parse(readFileSync(new URL(`${file}.proto`, here), "utf8"), root, { keepCase: true });
  }
  return root;
}

const emptyBody = (value: object): Body => ({ ...value });

/** Decodes; a field that the .proto does not have is refused. */
function decodeStrictly(type: protobuf.Type, bytes: Uint8Array): Body {
  const body = type.toObject(type.decode(bytes), { longs: Number, enums: Number }) as Body;
  restoreZeros(type, bytes, body);
  return body;
}

/** Puts back what the decoder drops: zeros that were on the wire, which is how a value is told from none. */
function restoreZeros(type: protobuf.Type, bytes: Uint8Array, body: Body): void {
  const reader = protobuf.Reader.create(bytes);
  while (reader.pos < reader.len) {
    const tag = reader.uint32();
    const field = type.fieldsById[tag >>> 3];
    if (field === undefined) throw new Error(`${type.name}: unknown field ${tag >>> 3}`);
    field.resolve();
    const nested = field.resolvedType;
    if (!field.map && !field.repeated && body[field.name] === undefined)
      body[field.name] = field.defaultValue;
    if (!field.map && nested instanceof protobuf.Type && (tag & 7) === 2) {
      restoreZeros(nested, reader.bytes(), body[field.name] as Body);
    } else reader.skipType(tag & 7);
  }
}

const pause = (milliseconds: number) => new Promise((done) => setTimeout(done, milliseconds));

export async function startGrpcFake(name: GrpcName, options: GrpcFakeOptions): Promise<GrpcFake> {
  const behaviour = behaviours[name];
  const root = loadProtos(name);
  const prefix = behaviour.service.replace(/\.\w+$/, "");
  const typeOf = (type: string): protobuf.Type =>
    root.lookupType(
      type.includes("Tokenizer") || type.includes("Kv") ? `smg.grpc.common.${type}` : `${prefix}.${type}`,
    );
  const requests: { method: string; body: Body; metadata: Body }[] = [];
  const aborts: string[] = [];
  let cancelled = 0;
  const failures = [...(options.failures ?? [])];
  const server = new Server();
  const definition: Record<string, object> = {};
  const handlers: UntypedServiceImplementation = {};

  const method = (
    method: string,
    [request, response]: readonly [string, string],
    handler: handleUnaryCall<Body, Body> | handleServerStreamingCall<Body, Body>,
    responseStream = false,
  ): void => {
    definition[method] = {
      path: `/${behaviour.service}/${method}`,
      requestStream: false,
      responseStream,
      requestSerialize: () => Buffer.alloc(0),
      responseDeserialize: emptyBody,
      requestDeserialize: (bytes: Buffer) => decodeStrictly(typeOf(request), bytes),
      responseSerialize: (value: Body) => {
        const type = typeOf(response);
        return Buffer.from(type.encode(type.fromObject(value)).finish());
      },
    };
    const recorded = (call: ServerWritableStream<Body, Body>, done: never): void => {
      requests.push({ method, body: call.request, metadata: call.metadata.getMap() });
      (handler as (call: ServerWritableStream<Body, Body>, done: never) => void)(call, done);
    };
    handlers[method] = recorded as UntypedServiceImplementation[string];
  };
  const unary = (name: string, answer: (body: Body) => Body): void => {
    method(name, [`${name}Request`, `${name}Response`], (call, done) => done(null, answer(call.request)));
  };

  unary("HealthCheck", () =>
    name === "trtllm"
      ? { status: options.healthy === false ? "shutting down" : "OK" }
      : { healthy: options.healthy !== false, message: options.healthy === false ? "loading" : "" },
  );
  unary("Abort", (body) => {
    aborts.push(...((body["request_ids"] as string[] | undefined) ?? [String(body["request_id"])]));
    return {};
  });
  unary("GetModelInfo", () =>
    name === "trtllm"
      ? { model_id: "m", max_input_len: 4000, max_seq_len: 4096, vocab_size: 1000 }
      : {
          model_path: "/models/m",
          served_model_name: "m",
          max_context_length: 4096,
          vocab_size: 1000,
          eos_token_ids: options.eos ?? [],
          bos_token_id: 3,
          ...options.model,
          ...(name !== "mlx" && { default_sampling_params_json: '{"temperature":0.6,"top_k":20}' }),
        },
  );
  unary("GetServerInfo", () =>
    name === "sglang" ? { sglang_version: "0.9" } : name === "trtllm" ? { version: "1.2" } : {},
  );
  if (name !== "trtllm" && name !== "mlx") {
    const load = { num_running_reqs: 2, num_waiting_reqs: 1, num_used_tokens: 30, max_total_num_tokens: 100 };
    unary("GetLoads", () => ({
      loads: [
        { ...load, token_usage: 0.25 },
        { ...load, token_usage: 0.75 },
      ],
    }));
  }
  if (name === "vllm" || name === "sglang" || name === "trtllm") {
    unary("Embed", () => ({ embedding: [0.5, -0.25], prompt_tokens: 2 }));
  }
  method(
    "GetTokenizer",
    ["GetTokenizerRequest", "GetTokenizerChunk"],
    ((call: ServerWritableStream<Body, Body>) => {
      const { tokenizerFailure: code } = options;
      if (code !== undefined) call.emit("error", { code, details: "tokenizer path not configured" });
      else {
        for (const chunk of options.tokenizer ?? []) call.write(chunk);
        call.end();
      }
    }) as handleServerStreamingCall<Body, Body>,
    true,
  );
  if (name !== "mlx") {
    method(
      "SubscribeKvEvents",
      ["SubscribeKvEventsRequest", "KvEventBatch"],
      ((call: ServerWritableStream<Body, Body>) => {
        const block = { block_hash: -5, token_ids: [1, 2], block_size: 2 };
        call.write({ sequence_number: 7, events: [{ event_id: 1, stored: { blocks: [block] } }] });
        call.end();
      }) as handleServerStreamingCall<Body, Body>,
      true,
    );
  }

  const refuse = (call: ServerWritableStream<Body, Body>, code: number, details: string): void => {
    call.emit("error", { code, details });
  };
  method(
    "Generate",
    ["GenerateRequest", "GenerateResponse"],
    (async (call: ServerWritableStream<Body, Body>) => {
      let open = true;
      let complete = false;
      // Emitted at the end of every call, however it ended.
      call.on("cancelled", () => {
        open = false;
        if (!complete) cancelled++;
      });
      const body = call.request;
      const failure = failures.shift();
      if (failure !== undefined) return refuse(call, failure.code, failure.details);
      const fault = findFault(behaviour, body);
      if (fault !== undefined) return refuse(call, status.INVALID_ARGUMENT, fault);
      const answer = outcome(name, behaviour, options, body);
      for (const message of answer.messages) {
        if (options.pace) await pause(options.pace);
        if (!open) return;
        const { failAfter } = options;
        if (failAfter !== undefined && message.produced > failAfter.ids) {
          return refuse(call, failAfter.code, "the engine core died");
        }
        if (!call.write(message.value)) await new Promise((done) => call.once("drain", done));
      }
      complete = true;
      call.end();
    }) as handleServerStreamingCall<Body, Body>,
    true,
  );

  server.addService(definition as never, handlers);
  const port = await new Promise<number>((resolve, reject) => {
    server.bindAsync("127.0.0.1:0", ServerCredentials.createInsecure(), (error, bound) =>
      error ? reject(error) : resolve(bound),
    );
  });
  return {
    url: `grpc://127.0.0.1:${port}`,
    requests,
    aborts,
    cancelled: () => cancelled,
    close: async () => server.forceShutdown(),
  };
}

function findFault(behaviour: Behaviour, body: Body): string | undefined {
  const given = body[behaviour.sampling] as Body | undefined;
  const missing = behaviour.explicit.find((field) => given?.[field] === undefined);
  if (missing !== undefined) return `${missing} is left to chance`;
  for (const field of ["top_p", "repetition_penalty"]) if (given?.[field] === 0) return `${field} is zero`;
  if (body["stream"] !== true && body["streaming"] !== true) return "not a stream";
  const tokenized = body["tokenized"] as Body;
  const prompt = (tokenized["input_ids"] ?? tokenized["input_token_ids"]) as number[];
  return prompt.length > 4096 ? "The input is longer than the model's context length." : undefined;
}

/** Everything that the server will send, with how many ids have been produced by then. */
function outcome(
  name: GrpcName,
  behaviour: Behaviour,
  options: GrpcFakeOptions,
  body: Body,
): { messages: { value: Body; produced: number }[] } {
  const given = body[behaviour.sampling] as Body;
  const stops = ((given["stop_token_ids"] ?? body["stop_token_ids"]) as number[] | undefined) ?? [];
  const limit = behaviour.limit(body) as number;
  const at = options.ids.findIndex((id) => stops.includes(id) || id === options.unnamedEnd);
  const natural = at === -1 ? options.ids.length : at + 1;
  const matched = natural <= limit && at !== -1 ? options.ids[at] : undefined;
  const trimmed = matched !== undefined && (options.trims === true || !behaviour.keepsStop(body));
  const ids = options.ids.slice(0, Math.min(natural, limit) - (trimmed ? 1 : 0));
  const prompt = ((body["tokenized"] as Body)["input_ids"] ??
    (body["tokenized"] as Body)["input_token_ids"]) as number[];
  const wantsLogprobs =
    given["logprobs"] !== undefined ||
    body["return_logprob"] === true ||
    (body["output_config"] as Body | undefined)?.["logprobs"] !== undefined;
  const logprobs = (part: readonly number[]): Body => {
    if (!wantsLogprobs || options.noLogprobs) return {};
    if (name === "trtllm") {
      const top = (id: number) => [
        { token_id: id, logprob: -0.5 },
        { token_id: id + 1, logprob: -1 },
      ];
      return { logprobs: part.map((id) => ({ token_id: id, logprob: -0.5, top_logprobs: top(id) })) };
    }
    return {
      output_logprobs: {
        token_logprobs: part.map(() => -0.5),
        token_ids: part,
        top_logprobs: part.map((id) => ({ values: [-0.5, -1], token_ids: [id, id + 1] })),
      },
    };
  };
  const counts = (part: readonly number[], total: number): Body => ({
    prompt_tokens: prompt.length,
    completion_tokens: behaviour.counter === "delta" ? part.length : total,
    cached_tokens: 2,
  });
  const messages: { value: Body; produced: number }[] = [];
  const size = options.chunk ?? 1;
  let last: readonly number[] = [];
  for (let start = 0; start < ids.length && !options.whole; start += size) {
    last = ids.slice(start, start + size);
    const total = start + last.length;
    messages.push({
      value: { chunk: { token_ids: last, ...counts(last, total), ...logprobs(last) } },
      produced: total,
    });
  }
  const repeated = { last, all: ids, nothing: [] }[behaviour.repeats];
  const output = options.whole ? ids : repeated;
  const isNamed = matched !== undefined && matched !== options.unnamedEnd;
  const reason = options.finishReason ?? (matched === undefined ? "length" : "stop");
  messages.push({
    value: {
      complete: {
        [behaviour.namesOfComplete.ids]: output,
        finish_reason: reason,
        ...counts(ids, ids.length),
        ...logprobs(output),
        ...(isNamed && { [behaviour.namesOfComplete.matched]: matched }),
        ...(name === "vllm" && { kv_transfer_params_json: '{"block":1}' }),
      },
    },
    produced: ids.length,
  });
  return { messages };
}
