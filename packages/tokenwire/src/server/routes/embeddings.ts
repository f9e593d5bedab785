// `POST /v1/embeddings`, for engines that have them: as numbers or as base64 of little-endian floats, which is what
// the official client asks for unless told otherwise.

import { z } from "zod";
import {
  invalidRequest,
  newId,
  optional,
  parseBody,
  promptIds,
  unsupportedParameter,
} from "../../protocol/index.ts";
import { toSignal } from "../cancellation.ts";
import type { Route } from "../context.ts";
import type { ServedModel } from "../models.ts";

const maxInputs = 2_048;
const maxTokens = 300_000;
const ids = z.array(z.number().int().min(0)).min(1);
const fields = z.object({
  model: z.string().min(1),
  input: z.union([z.string(), z.array(z.string()).min(1), ids, z.array(ids).min(1)]),
  encoding_format: optional(z.enum(["float", "base64"])),
  dimensions: optional(z.number().int().min(1)),
  user: optional(z.string()),
});

type Input = z.output<typeof fields>["input"];

function toInputs(input: Input, model: ServedModel): Uint32Array[] {
  const { tokenizer, bosTokenId, contextLength } = model.profile;
  const list = typeof input === "string" || typeof input[0] === "number" ? [input] : input;
  if (list.length > maxInputs) {
    throw invalidRequest("input", `input: at most ${maxInputs} inputs are allowed, got ${list.length}.`);
  }
  const limit = Math.min(contextLength, model.info.maxContext);
  return list.map((entry, index) => {
    const path = list.length === 1 ? "input" : `input[${index}]`;
    if (entry === "") throw invalidRequest(path, `${path}: cannot be an empty string.`);
    const encoded = promptIds(entry as string | number[], tokenizer, bosTokenId, path);
    if (encoded.length > limit) {
      throw invalidRequest(
        path,
        `${path}: has ${encoded.length} tokens, more than this model's limit of ${limit}.`,
        "context_length_exceeded",
      );
    }
    return encoded;
  });
}

function toBase64(vector: Float32Array): string {
  const bytes = Buffer.alloc(vector.length * 4);
  vector.forEach((value, index) => {
    bytes.writeFloatLE(value, index * 4);
  });
  return bytes.toString("base64");
}

export const embeddings: Route = {
  method: "POST",
  path: "/v1/embeddings",
  schema: fields,
  aliases: ["/embeddings"],
  handle: async (context) => {
    const { server, signal, observation } = context;
    const wire = parseBody(fields, context.body());
    const model = server.models.resolve(wire.model);
    const { engine, info } = model;
    if (!info.capabilities.embeddings || engine.embed === undefined) {
      throw unsupportedParameter("model", `The model ${JSON.stringify(model.id)} has no embeddings.`);
    }
    if (wire.dimensions !== undefined) {
      throw unsupportedParameter("dimensions", "dimensions: this model's embeddings cannot be shortened.");
    }
    const inputs = toInputs(wire.input, model);
    const total = inputs.reduce((sum, input) => sum + input.length, 0);
    if (total > maxTokens)
      throw invalidRequest("input", `input: ${total} tokens are more than ${maxTokens} per request.`);
    observation.embed(model, total, wire.encoding_format ?? "float");
    const embed = engine.embed.bind(engine);
    const { vectors } = await server.admission.run(context, () =>
      embed({ requestId: newId("embd-"), inputs }, toSignal(signal)),
    );
    return {
      object: "list",
      data: vectors.map((vector, index) => ({
        object: "embedding",
        index,
        embedding: wire.encoding_format === "base64" ? toBase64(vector) : [...vector],
      })),
      model: model.id,
      usage: { prompt_tokens: total, total_tokens: total },
    };
  },
};
