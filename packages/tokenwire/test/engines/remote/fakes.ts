// Servers that speak the wire of real engines, stricter than the originals: unknown fields are refused, every sampling
// value must be explicit, and each mode that the real ones have can be switched.

import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";

export interface FakeScript {
  readonly ids: readonly number[];
  /** Text of a server that has no IDs, in pieces. */
  readonly pieces?: readonly string[];
  /** The last ID is the model's own end, which vLLM does not name. */
  readonly ownEnd?: boolean;
  /** Bytes of each ID, for a server that sends text along with IDs. */
  readonly bytes?: readonly (readonly number[])[];
}

export interface FakeOptions {
  readonly script: FakeScript;
  /** Milliseconds between events. */
  readonly pace?: number;
  /** Bytes per network write; events are cut anywhere. */
  readonly writeSize?: number;
  readonly crlf?: boolean;
  readonly comments?: boolean;
  /** SGLang repeats everything so far unless started otherwise. */
  readonly cumulative?: boolean;
  /** The id that ends an answer is kept back, although it was asked for. */
  readonly trims?: boolean;
  /** SGLang refuses in the stream, once the request's turn has come. */
  readonly refusal?: { readonly status_code: number; readonly message: string };
  /** SGLang takes seeds when it was started for it. */
  readonly seeds?: boolean;
  /** What SGLang says of each of its schedulers. */
  readonly loads?: readonly object[];
  /** SGLang ends an aborted answer with a chunk that holds its last ID only. */
  readonly abortAfter?: number;
  /** A kept connection is closed as soon as a second request comes over it. */
  readonly closesKept?: boolean;
  /** Milliseconds between the answer's headers and its first event: a queue. */
  readonly queue?: number;
  /** Milliseconds before the answer's headers: a long prefill. */
  readonly prefill?: number;
  /** vLLM drops chunks without new IDs, and the finish with them. */
  readonly dropFinish?: boolean;
  readonly noDone?: boolean;
  /** Servers without streaming answer a stream request with one JSON body. */
  readonly plainJson?: boolean;
  /** After so many IDs: an error object in the stream, or the connection is cut. */
  readonly errorAfter?: number;
  readonly cutAfter?: number;
  /** The first requests fail with this status. */
  readonly failures?: readonly {
    readonly status: number;
    readonly body: object;
    readonly headers?: Record<string, string>;
  }[];
  /** Older vLLM spells token IDs in strings. */
  readonly oldLogprobs?: boolean;
}

export interface Fake {
  readonly url: string;
  readonly requests: Record<string, unknown>[];
  readonly aborts: string[];
  /** Generations whose client left before the end. */
  readonly left: () => number;
  /** Events written so far. */
  readonly written: () => number;
  close(): Promise<void>;
}

type Body = Record<string, unknown>;
type Handler = (body: Body, response: ServerResponse, path: string) => Promise<void> | void;

const shared = [
  "temperature",
  "top_p",
  "top_k",
  "min_p",
  "frequency_penalty",
  "presence_penalty",
  "repetition_penalty",
];

function refuseUnknown(
  body: Body,
  known: readonly string[],
  required: readonly string[],
): string | undefined {
  const unknown = Object.keys(body).find((key) => !known.includes(key));
  if (unknown !== undefined) return `unknown field ${unknown}`;
  const missing = required.find((key) => body[key] === undefined);
  return missing === undefined ? undefined : `missing field ${missing}`;
}

/** How SGLang is made to tell its number of ids. */
const asksVocabulary = ({ sampling_params: parameters }: Body): boolean =>
  (parameters as Body | undefined)?.["max_new_tokens"] === 0;

/** What a generation emits: the IDs, cut at the count or the first stop ID, and why it ended. */
function outcome(script: FakeScript, maxTokens: number, stopIds: readonly number[]) {
  const stop = script.ids.findIndex((id) => stopIds.includes(id));
  const natural = stop === -1 ? script.ids.length : stop + 1;
  const count = Math.min(natural, maxTokens);
  const ids = script.ids.slice(0, count);
  const matched = stop !== -1 && count === natural ? script.ids[stop] : undefined;
  const ended = matched !== undefined || (script.ownEnd === true && count === natural);
  return { ids, matched, reason: ended ? "stop" : "length" };
}

export async function startFake(kind: keyof typeof handlers, options: FakeOptions): Promise<Fake> {
  const requests: Body[] = [];
  const aborts: string[] = [];
  let left = 0;
  let written = 0;
  const failures = [...(options.failures ?? [])];
  const context: Context = {
    options,
    aborts,
    count: () => {
      written += 1;
    },
    leave: () => {
      left += 1;
    },
  };
  const handle = handlers[kind](context);
  const used = new WeakSet<object>();
  const server = createServer(async (request: IncomingMessage, response) => {
    if (options.closesKept && used.has(request.socket)) {
      request.socket.destroy();
      return;
    }
    used.add(request.socket);
    let text = "";
    for await (const chunk of request) text += chunk;
    const body = text === "" ? {} : (JSON.parse(text) as Body);
    const path = request.url ?? "";
    const isQuestion = text === "{}" || asksVocabulary(body);
    if (request.method === "POST" && !isQuestion) requests.push({ path, ...body });
    const failure = /generate|completion/.test(path) && !isQuestion ? failures.shift() : undefined;
    if (failure) {
      response.writeHead(failure.status, { "content-type": "application/json", ...failure.headers });
      response.end(JSON.stringify(failure.body));
      return;
    }
    if (options.prefill && text !== "") await new Promise((done) => setTimeout(done, options.prefill));
    await handle(body, response, path);
  });
  await new Promise<void>((done) => server.listen(0, "127.0.0.1", done));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    requests,
    aborts,
    left: () => left,
    written: () => written,
    close: async () => {
      server.closeAllConnections();
      await new Promise((done) => server.close(done));
    },
  };
}

interface Context {
  readonly options: FakeOptions;
  readonly aborts: string[];
  count(): void;
  leave(): void;
}

const json = (response: ServerResponse, value: object, status = 200): void => {
  response.writeHead(status, { "content-type": "application/json" }).end(JSON.stringify(value));
};
const refuse = (response: ServerResponse, message: string): void =>
  json(response, { error: { message, type: "BadRequestError", code: 400 } }, 400);

/** Writes events as a real server would, or worse. `produced` says how many IDs each event brings the total to. */
async function stream(
  context: Context,
  response: ServerResponse,
  events: readonly { readonly data: object; readonly produced: number }[],
  form: "sse" | "ndjson" = "sse",
): Promise<void> {
  const { pace = 0, writeSize, crlf, comments, errorAfter, cutAfter, noDone } = context.options;
  const end = crlf ? "\r\n" : "\n";
  const type = form === "sse" ? "text/event-stream; charset=utf-8" : "application/x-ndjson";
  let open = true;
  response.on("close", () => {
    if (!response.writableFinished) context.leave();
    open = false;
  });
  response.writeHead(200, { "content-type": type });
  if (context.options.queue !== undefined) {
    response.flushHeaders();
    await new Promise((done) => setTimeout(done, context.options.queue));
  }
  const send = async (text: string): Promise<void> => {
    const bytes = Buffer.from(text);
    for (let at = 0; at < bytes.length && open; at += writeSize ?? bytes.length) {
      response.write(bytes.subarray(at, at + (writeSize ?? bytes.length)));
      if (writeSize !== undefined) await new Promise((done) => setImmediate(done));
    }
  };
  const frame = (data: string): string => (form === "sse" ? `data: ${data}${end}${end}` : `${data}\n`);
  for (const { data, produced } of events) {
    if (!open) return;
    if (errorAfter !== undefined && produced > errorAfter) {
      await send(frame(JSON.stringify({ error: { message: "the engine core died" } })) + frame("[DONE]"));
      response.end();
      return;
    }
    if (cutAfter !== undefined && produced > cutAfter) {
      response.destroy();
      return;
    }
    if (comments && form === "sse") await send(`: ping${end}${end}`);
    await send(frame(JSON.stringify(data)));
    context.count();
    if (pace > 0) await new Promise((done) => setTimeout(done, pace));
  }
  if (!noDone && form === "sse") await send(frame("[DONE]"));
  response.end();
}

const models = (owner: string) => ({
  object: "list",
  data: [{ id: "m", object: "model", owned_by: owner, max_model_len: 4096 }],
});

/** `{token_id, logprob, top_logprobs}` per ID, or the older spelling. */
function chatLogprobs(ids: readonly number[], old = false): object {
  const entry = (id: number) =>
    old
      ? {
          token: `token_id:${id}`,
          logprob: -0.5,
          top_logprobs: [
            { token: `token_id:${id}`, logprob: -0.5 },
            { token: `token_id:${id}`, logprob: -1 },
          ],
        }
      : {
          token_id: id,
          logprob: -0.5,
          rank: 1,
          top_logprobs: [
            { token_id: id, logprob: -0.5, rank: 1 },
            { token_id: id + 1, logprob: -1, rank: 2 },
          ],
        };
  return { content: ids.map(entry) };
}

const vllm =
  (context: Context): Handler =>
  (body, response, path) => {
    const { options } = context;
    if (path === "/v1/models") return json(response, models("vllm"));
    if (path === "/health") return json(response, {});
    if (path !== "/inference/v1/generate") return json(response, { error: { message: "Not Found" } }, 404);
    const known = [
      "request_id",
      "model",
      "token_ids",
      "sampling_params",
      "stream",
      "stream_options",
      "cache_salt",
      "priority",
      "kv_transfer_params",
    ];
    const parameters = (body["sampling_params"] ?? {}) as Body;
    const knownParameters = [
      ...shared,
      "max_tokens",
      "min_tokens",
      "seed",
      "ignore_eos",
      "allowed_token_ids",
      "stop_token_ids",
      "detokenize",
      "skip_special_tokens",
      "logprobs",
      "structured_outputs",
      "logit_bias",
    ];
    const fault =
      refuseUnknown(body, known, ["request_id", "model", "token_ids", "sampling_params"]) ??
      refuseUnknown(parameters, knownParameters, [...shared, "max_tokens", "stop_token_ids"]);
    if (fault) return refuse(response, fault);
    if ((body["token_ids"] as number[]).length > 4096)
      return refuse(response, "This model's maximum context length is 4096 tokens.");
    const { ids, matched, reason } = outcome(
      options.script,
      parameters["max_tokens"] as number,
      parameters["stop_token_ids"] as number[],
    );
    const usage = {
      prompt_tokens: (body["token_ids"] as number[]).length,
      completion_tokens: ids.length,
      prompt_tokens_details: { cached_tokens: 3 },
    };
    const withLogprobs = parameters["logprobs"] !== undefined;
    if (options.plainJson) {
      return json(response, {
        request_id: "x",
        choices: [{ index: 0, token_ids: ids, finish_reason: reason, stop_reason: matched }],
        usage,
      });
    }
    const choice = (part: readonly number[], finish: object) => ({
      request_id: "x",
      choices: [
        {
          index: 0,
          token_ids: part,
          ...(withLogprobs && { logprobs: chatLogprobs(part, options.oldLogprobs) }),
          finish_reason: null,
          ...finish,
        },
      ],
    });
    const events = ids.map((id, index) => ({ data: choice([id], {}), produced: index + 1 }));
    if (!options.dropFinish)
      events.push({
        data: choice([], { finish_reason: reason, stop_reason: matched ?? null }),
        produced: ids.length,
      });
    return stream(context, response, [
      ...events,
      { data: { request_id: "x", choices: [], usage }, produced: ids.length },
    ]);
  };

const completions =
  (context: Context): Handler =>
  (body, response, path) => {
    if (path === "/v1/models") return json(response, models("vllm"));
    if (path !== "/v1/completions") return json(response, {}, 404);
    const known = [
      "request_id",
      "model",
      "prompt",
      ...shared,
      "max_tokens",
      "min_tokens",
      "seed",
      "ignore_eos",
      "allowed_token_ids",
      "stop_token_ids",
      "skip_special_tokens",
      "add_special_tokens",
      "return_token_ids",
      "return_tokens_as_token_ids",
      "logprobs",
      "stream",
      "stream_options",
      "logit_bias",
      "structured_outputs",
    ];
    const fault = refuseUnknown(body, known, ["prompt", ...shared, "max_tokens"]);
    if (fault) return refuse(response, fault);
    const { ids, matched, reason } = outcome(
      context.options.script,
      body["max_tokens"] as number,
      body["stop_token_ids"] as number[],
    );
    const event = (part: readonly number[], rest: object) => ({
      choices: [
        {
          index: 0,
          text: "x",
          ...(context.options.dropFinish !== true && { token_ids: part }),
          ...(body["logprobs"] !== undefined && {
            logprobs: {
              tokens: part.map((id) => `token_id:${id}`),
              token_logprobs: part.map(() => -0.5),
              top_logprobs: part.map((id) => ({ [`token_id:${id}`]: -0.5, [`token_id:${id + 1}`]: -1 })),
            },
          }),
          finish_reason: null,
          ...rest,
        },
      ],
    });
    const events = ids.map((id, index) => ({
      data: event(
        [id],
        index === ids.length - 1 ? { finish_reason: reason, stop_reason: matched ?? null } : {},
      ),
      produced: index + 1,
    }));
    const usage = { prompt_tokens: 1, completion_tokens: ids.length };
    return stream(context, response, [...events, { data: { choices: [], usage }, produced: ids.length }]);
  };

const sglang =
  (context: Context): Handler =>
  (body, response, path) => {
    const { options } = context;
    if (path === "/get_model_info") return json(response, { model_path: "m", is_generation: true });
    if (path === "/get_server_info")
      return json(response, {
        version: "0.5.23",
        max_total_num_tokens: 4096,
        enable_deterministic_inference: options.seeds === true,
      });
    if (path === "/v1/models")
      return json(response, { data: [{ id: "m", owned_by: "sglang", max_model_len: 8192 }] });
    if (path === "/v1/loads?include=core") return json(response, { loads: options.loads ?? [] });
    if (path === "/abort_request") {
      context.aborts.push(String(body["rid"]));
      return json(response, {});
    }
    if (path !== "/generate") return json(response, {}, 404);
    if (asksVocabulary(body))
      return json(response, { error: { message: "logit_bias must has keys in [0, 201087], got -1." } }, 400);
    const parameters = (body["sampling_params"] ?? {}) as Body;
    const known = [
      "rid",
      "input_ids",
      "sampling_params",
      "stream",
      "return_logprob",
      "logprob_start_len",
      "top_logprobs_num",
      "extra_key",
      "lora_path",
    ];
    const knownParameters = [
      ...shared,
      "max_new_tokens",
      "min_new_tokens",
      "ignore_eos",
      "stop_token_ids",
      "skip_special_tokens",
      "no_stop_trim",
      "sampling_seed",
      "json_schema",
      "regex",
      "ebnf",
      "structural_tag",
      "logit_bias",
    ];
    const fault =
      refuseUnknown(body, known, ["rid", "input_ids"]) ??
      refuseUnknown(parameters, knownParameters, [...shared, "max_new_tokens"]);
    if (fault) return json(response, { object: "error", message: fault, code: 400 }, 400);
    if (parameters["top_k"] === 0)
      return json(response, { object: "error", message: "top_k must be -1 or at least 1" }, 400);
    if (parameters["no_stop_trim"] !== true)
      return json(response, { object: "error", message: "stop would be trimmed" }, 400);
    const { ids, matched, reason } = outcome(
      options.script,
      parameters["max_new_tokens"] as number,
      parameters["stop_token_ids"] as number[],
    );
    const promptIds = body["input_ids"] as number[];
    const finish = reason === "stop" ? { type: "stop", matched } : { type: "length", length: ids.length };
    if (options.refusal !== undefined) {
      // An id that stands for none, and an end that says what the status would have been.
      const finish_reason = { type: "abort", err_type: "BadRequestError", ...options.refusal };
      const meta_info = { id: body["rid"], prompt_tokens: 1, completion_tokens: 1, finish_reason };
      return stream(context, response, [{ data: { text: "x", output_ids: [364], meta_info }, produced: 1 }]);
    }
    const aborted = { type: "abort", message: "" };
    const end = Math.min(ids.length - (options.trims ? 1 : 0), options.abortAfter ?? ids.length);
    const events = ids.slice(0, end).map((_, index) => {
      const count = index + 1;
      const isAbort = count === options.abortAfter;
      const shown = isAbort
        ? ids.slice(index, count)
        : options.cumulative === false
          ? ids.slice(index, count)
          : ids.slice(0, count);
      const logprobs = shown.map((id) => [-0.5, id, null]);
      const tops = shown.map((id) => [
        [-0.5, id, null],
        [-1, id + 1, null],
      ]);
      return {
        data: {
          text: null,
          output_ids: shown,
          meta_info: {
            id: body["rid"],
            prompt_tokens: promptIds.length,
            completion_tokens: count,
            cached_tokens: 2,
            finish_reason: isAbort ? aborted : count === end ? finish : null,
            ...(body["return_logprob"] === true && {
              input_token_logprobs:
                body["logprob_start_len"] === 0
                  ? promptIds.map((id, at) => [at === 0 ? null : -at, id, null])
                  : [],
              output_token_logprobs: logprobs,
              output_top_logprobs: tops,
            }),
          },
        },
        produced: count,
      };
    });
    return stream(context, response, events);
  };

const llamaServer =
  (context: Context): Handler =>
  (body, response, path) => {
    const { script } = context.options;
    if (path === "/props")
      return json(response, {
        total_slots: 1,
        default_generation_settings: { n_ctx: 2048 },
        build_info: "b1",
      });
    if (path === "/v1/models")
      return json(response, {
        data: [{ id: "m", owned_by: "llamacpp", meta: { n_vocab: 768, n_ctx_train: 512 } }],
      });
    if (path === "/health") return json(response, { status: "ok" });
    if (path !== "/completion") return json(response, {}, 404);
    const known = [
      "prompt",
      "n_predict",
      "temperature",
      "top_k",
      "top_p",
      "min_p",
      "repeat_penalty",
      "repeat_last_n",
      "presence_penalty",
      "frequency_penalty",
      "seed",
      "logit_bias",
      "stream",
      "return_tokens",
      "cache_prompt",
      "n_probs",
      "json_schema",
      "grammar",
      "ignore_eos",
    ];
    const fault = refuseUnknown(body, known, [
      "n_predict",
      "temperature",
      "top_k",
      "top_p",
      "min_p",
      "repeat_penalty",
      "seed",
    ]);
    if (fault) return refuse(response, fault);
    if ((body["repeat_last_n"] as number) < 0)
      return refuse(
        response,
        "Field 'repeat_last_n': Value must be between 0 <= value <= 2147483647, but got -1",
      );
    if ((body["prompt"] as number[]).length > 512) {
      return json(
        response,
        {
          error: {
            code: 400,
            message: "the request exceeds the available context size",
            type: "exceed_context_size_error",
            n_prompt_tokens: 600,
            n_ctx: 512,
          },
        },
        400,
      );
    }
    const textOf = (from: number, to: number): string =>
      Buffer.from(script.bytes?.slice(from, to).flat() ?? []).toString();
    if (body["stream"] === false) {
      // Asked again from further on; the prompts of these tests have three IDs.
      const from = (body["prompt"] as number[]).length - 3;
      const to = from + (body["n_predict"] as number);
      return json(response, { content: textOf(from, to), tokens: script.ids.slice(from, to), stop: true });
    }
    const count = Math.min(body["n_predict"] as number, script.ids.length);
    const events: { data: object; produced: number }[] = [];
    let sent = 0;
    for (let index = 0; index < count; index += 1) {
      // Text that is not yet whole characters is not sent; only the last of its IDs ever is.
      const content = textOf(sent, index + 1);
      if (content.endsWith("\uFFFD")) continue;
      sent = index + 1;
      const id = script.ids[index]!;
      events.push({
        data: {
          index: 0,
          content: script.bytes === undefined ? "x" : content,
          tokens: [id],
          stop: false,
          tokens_predicted: index + 1,
          tokens_evaluated: 1,
          ...(body["n_probs"] !== undefined && {
            completion_probabilities: [
              {
                id,
                token: "x",
                logprob: -0.5,
                top_logprobs: [
                  { id, logprob: -0.5 },
                  { id: id + 1, logprob: -1 },
                ],
              },
            ],
          }),
        },
        produced: index + 1,
      });
    }
    const limited = count === body["n_predict"];
    events.push({
      data: {
        content: "",
        tokens: [],
        stop: true,
        stop_type: limited ? "limit" : "eos",
        stopping_word: "",
        tokens_predicted: count,
        tokens_evaluated: 1,
        timings: { cache_n: 1 },
      },
      produced: count,
    });
    return stream({ ...context, options: { ...context.options, noDone: true } }, response, events);
  };

const openai =
  (context: Context): Handler =>
  (_body, response, path) => {
    if (path === "/v1/models") return json(response, { data: [{ id: "m", owned_by: "someone" }] });
    if (path !== "/v1/completions") return json(response, {}, 404);
    const pieces = context.options.script.pieces ?? [];
    const events = pieces.map((text, index) => ({
      data: { choices: [{ index: 0, text, finish_reason: index === pieces.length - 1 ? "stop" : null }] },
      produced: index + 1,
    }));
    return stream(context, response, [
      ...events,
      { data: { choices: [], usage: { prompt_tokens: 4, completion_tokens: 2 } }, produced: 0 },
    ]);
  };

const ollama =
  (context: Context): Handler =>
  (body, response, path) => {
    if (path === "/api/tags") return json(response, { models: [{ name: "m" }] });
    if (path === "/api/show") return json(response, { model_info: { "llama.context_length": 2048 } });
    if (path !== "/api/generate") return json(response, {}, 404);
    if (body["raw"] !== true) return json(response, { error: "not raw" }, 400);
    const pieces = context.options.script.pieces ?? [];
    const events = pieces.map((text, index) => ({
      data: { model: "m", response: text, done: false },
      produced: index + 1,
    }));
    const last = {
      data: { response: "", done: true, done_reason: "stop", eval_count: 2, prompt_eval_count: 4 },
      produced: pieces.length,
    };
    return stream(context, response, [...events, last], "ndjson");
  };

const tgi =
  (context: Context): Handler =>
  (body, response, path) => {
    const { script } = context.options;
    if (path === "/health") return json(response, {});
    if (path === "/info") return json(response, { model_id: "m", max_total_tokens: 4096, version: "3.0" });
    if (path !== "/generate_stream") return json(response, {}, 404);
    const parameters = (body["parameters"] ?? {}) as Body;
    const known = [
      "max_new_tokens",
      "do_sample",
      "temperature",
      "top_p",
      "top_k",
      "seed",
      "stop",
      "details",
    ].concat(["repetition_penalty", "frequency_penalty", "grammar", "decoder_input_details", "top_n_tokens"]);
    const fault =
      refuseUnknown(body, ["inputs", "parameters", "stream"], ["inputs", "parameters"]) ??
      refuseUnknown(parameters, known, ["max_new_tokens", "do_sample", "repetition_penalty"]) ??
      outOfRange(parameters);
    const invalid = { error: `Input validation error: ${fault}`, error_type: "validation" };
    if (fault) return json(response, invalid, 422);
    const count = Math.min(parameters["max_new_tokens"] as number, script.ids.length);
    const top = (id: number) => [
      { id, text: "x", logprob: -0.5, special: false },
      { id: id + 1, text: "y", logprob: -1, special: false },
    ];
    const events = script.ids.slice(0, count).map((id, index) => ({
      data: {
        index: index + 1,
        token: { id, text: "x", logprob: -0.5, special: index === script.ids.length - 1 },
        ...(parameters["top_n_tokens"] !== undefined && { top_tokens: top(id) }),
        generated_text: index === count - 1 ? "…" : null,
        details:
          index === count - 1
            ? { finish_reason: count < script.ids.length ? "length" : "eos_token", generated_tokens: count }
            : null,
      },
      produced: index + 1,
    }));
    return stream({ ...context, options: { ...context.options, noDone: true } }, response, events);
  };

/** Values that the original refuses. */
function outOfRange({ temperature, top_p: topP, top_k: topK, stop }: Body): string | undefined {
  if (temperature !== undefined && !((temperature as number) > 0))
    return "`temperature` must be strictly positive";
  if (topP !== undefined && !((topP as number) > 0 && (topP as number) < 1))
    return "`top_p` must be > 0.0 and < 1.0";
  if (topK !== undefined && !((topK as number) > 0)) return "`top_k` must be strictly positive";
  return ((stop as string[] | undefined)?.length ?? 0) > 4
    ? "`stop` supports up to 4 stop sequences"
    : undefined;
}

const handlers = { vllm, completions, sglang, "llama-server": llamaServer, openai, ollama, tgi };
