// The dialect maps of the served models: those the operator gave, or made of a model's encoding when first asked for.

import { sha256Hex } from "@tokenwire/core/bytes";
import {
  CodecError,
  isPublishableId,
  mapFromEncoding,
  serializeMap,
  type TokenizerMap,
} from "@tokenwire/core/codec";
import { Encoding } from "@tokenwire/core/tokenizer";
import type { ServedModel } from "../models.ts";

/** A map with the bytes that are served and their hash. */
export interface PublishedMap {
  readonly id: string;
  /** `sha256:<hex>` of `bytes`. */
  readonly hash: string;
  readonly bytes: Uint8Array;
}

export class ModelMaps {
  readonly #given: Readonly<Record<string, TokenizerMap>>;
  /** By tokenizer, because several models may share one. `undefined`: no map expresses it. */
  readonly #published = new Map<unknown, PublishedMap | undefined>();

  constructor(given: Readonly<Record<string, TokenizerMap>>) {
    this.#given = given;
  }

  /** The map of a model. Making one of an encoding takes about a second, once. */
  of(model: ServedModel): PublishedMap | undefined {
    const given = Object.hasOwn(this.#given, model.id) ? this.#given[model.id] : undefined;
    const key = given ?? model.profile.tokenizer;
    if (!this.#published.has(key)) this.#published.set(key, publish(given ?? mapOf(model)));
    return this.#published.get(key);
  }

  /** The same if it costs nothing: a map that was given or is already made. */
  known(model: ServedModel): PublishedMap | undefined {
    const isGiven = Object.hasOwn(this.#given, model.id);
    return isGiven || this.#published.has(model.profile.tokenizer) ? this.of(model) : undefined;
  }

  /** All maps, each once. */
  all(models: readonly ServedModel[]): PublishedMap[] {
    const maps = models.map((model) => this.of(model)).filter((map) => map !== undefined);
    return [...new Map(maps.map((map) => [map.id, map])).values()].sort((a, b) => (a.id < b.id ? -1 : 1));
  }
}

function mapOf({ profile }: ServedModel): TokenizerMap | undefined {
  const { tokenizer } = profile;
  if (!(tokenizer instanceof Encoding)) return undefined;
  try {
    return mapFromEncoding(tokenizer, { id: `openai/${tokenizer.name.toLowerCase()}` });
  } catch (error) {
    if (error instanceof CodecError && error.code === "CODEC_UNSUPPORTED") return undefined;
    throw error;
  }
}

function publish(map: TokenizerMap | undefined): PublishedMap | undefined {
  if (map === undefined || !isPublishableId(map.id)) return undefined;
  const bytes = serializeMap(map);
  return { id: map.id, hash: `sha256:${sha256Hex(bytes)}`, bytes };
}
