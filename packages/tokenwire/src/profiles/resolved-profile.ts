// A model profile with an account of where each part of it came from.

import type { Template } from "@tokenwire/core/template";
import type { ModelProfile } from "../protocol/index.ts";

/** Where one part of a profile came from. */
export interface Derivation {
  /** The part: `tokenizer`, `chat template`, `stop tokens`, … */
  readonly part: string;
  /** What was found, in a few words. */
  readonly value: string;
  /** The file and key, the rule or the default that it came from. */
  readonly from: string;
}

export interface ResolvedProfile extends ModelProfile {
  /** Folder, file or built-in that the profile was made from. */
  readonly source: string;
  readonly derivations: readonly Derivation[];
  /** All chat templates of the model by name; `default` is the one in `format`. */
  readonly templates: ReadonlyMap<string, Template>;
  /** Texts of the templates, as their files have them. */
  readonly templateSources: ReadonlyMap<string, string>;
}

/** Collects derivations while a profile is put together. */
export class Derivations {
  readonly list: Derivation[] = [];

  /** Notes where `value` came from and hands it on. */
  note<T>(part: string, value: T, from: string, shown: string = String(value)): T {
    this.list.push({ part, value: shown, from });
    return value;
  }
}
