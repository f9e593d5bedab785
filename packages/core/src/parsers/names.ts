// Finds a format by any of its names. Case does not matter, `-` and `_` are equal, and where two projects use one
// name for different formats the dialect decides.

import { didYouMean } from "../did-you-mean.ts";
import { TokenwireError } from "../errors.ts";
import type { FormatAliases } from "./format.ts";
import type { Dialect } from "./rules.ts";

interface Named {
  readonly name: string;
  readonly aliases: FormatAliases;
}

const normalise = (name: string) => name.toLowerCase().replaceAll("-", "_");

export class NameTable<F extends Named> {
  readonly formats: readonly F[];
  readonly #kind: string;
  readonly #any = new Map<string, F>();
  readonly #byDialect = new Map<string, F>();

  constructor(kind: string, formats: readonly F[]) {
    this.#kind = kind;
    this.formats = formats;
    for (const format of formats) this.#any.set(normalise(format.name), format);
    for (const format of formats) this.#addAliases(format);
  }

  /** Canonical names, in order. */
  list(): string[] {
    return this.formats.map((format) => format.name);
  }

  find(name: string, dialect: Dialect = "tokenwire"): F | undefined {
    const key = normalise(name);
    return this.#byDialect.get(`${dialect} ${key}`) ?? this.#any.get(key);
  }

  /** @throws TokenwireError UNKNOWN_PARSER, naming the closest name and all others. */
  get(name: string, dialect?: Dialect): F {
    const format = this.find(name, dialect);
    if (format !== undefined) return format;
    const names = [...this.#any.keys()].sort();
    throw new TokenwireError(
      "UNKNOWN_PARSER",
      `Unknown ${this.#kind} parser "${name}".${didYouMean(normalise(name), names)} Known parsers: ${names.join(", ")}.`,
    );
  }

  #addAliases(format: F): void {
    for (const dialect of ["smg", "vllm", "sglang"] as const) {
      for (const alias of format.aliases[dialect] ?? []) {
        const key = normalise(alias);
        this.#byDialect.set(`${dialect} ${key}`, format);
        if (!this.#any.has(key)) this.#any.set(key, format);
      }
    }
  }
}
