// A map straight from a model on the Hugging Face hub.

import { decodeUtf8Strict } from "../../bytes/index.ts";
import { CodecError } from "../codec-error.ts";
import { type ConvertHFOptions, convertHFTokenizer } from "../maps/convert-hf.ts";
import type { TokenizerMap } from "../maps/tokenizer-map.ts";
import { FetchFailure, type FetchOptions, fetchBytes } from "./fetch-bytes.ts";

const MAX_FILE_BYTES = 256 * 1024 * 1024;

export interface FetchAndConvertOptions
  extends FetchOptions,
    Omit<ConvertHFOptions, "id" | "tokenizerConfig" | "source"> {
  /** Default: the model's name in lower case. */
  readonly id?: string;
  /** Branch, tag or commit. Default: `main`. */
  readonly revision?: string;
  /** Access token for gated models. It is not sent on to the host that stores the files. */
  readonly token?: string;
  /** Default: `https://huggingface.co`. */
  readonly endpoint?: string;
}

/**
 * Fetches `tokenizer.json` (and `tokenizer_config.json` where there is one) and converts them.
 *
 * @example
 * const map = await fetchAndConvert("Qwen/Qwen2.5-7B-Instruct", { id: "qwen/qwen2.5" });
 */
export async function fetchAndConvert(
  model: string,
  options: FetchAndConvertOptions = {},
): Promise<TokenizerMap> {
  const { endpoint = "https://huggingface.co", revision = "main", token } = options;
  const base = `${endpoint.replace(/\/$/, "")}/${model}/resolve/${encodeURIComponent(revision)}`;
  const headers = token === undefined ? undefined : { authorization: `Bearer ${token}` };
  const file = async (name: string): Promise<unknown> => {
    const text = decodeUtf8Strict(await fetchBytes(`${base}/${name}`, MAX_FILE_BYTES, options, headers));
    try {
      return JSON.parse(text);
    } catch (cause) {
      throw new CodecError("CODEC_FETCH_FAILED", `${base}/${name} is not JSON.`, { cause });
    }
  };
  const [tokenizer, tokenizerConfig] = await Promise.all([
    file("tokenizer.json").catch((error: unknown) => {
      throw withHint(error);
    }),
    file("tokenizer_config.json").catch((error: unknown) => {
      if (error instanceof FetchFailure) return undefined;
      throw error;
    }),
  ]);
  return convertHFTokenizer(tokenizer, {
    ...options,
    id: options.id ?? model.toLowerCase(),
    tokenizerConfig,
    source: { kind: "hf", name: model, revision },
  });
}

function withHint(error: unknown): unknown {
  const gated = error instanceof FetchFailure && (error.status === 401 || error.status === 403);
  if (!gated) return error;
  return new FetchFailure(
    `${error.message} The model may be gated: accept its terms and pass a token.`,
    error.status,
    error,
  );
}
