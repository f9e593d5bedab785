// Finds a format by any of its names. Case does not matter, `-` and `_` are equal, and where two projects use one
// name for different formats the dialect decides.

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
    const close = closest(normalise(name), [...this.#any.keys()]);
    const hint = close === undefined ? "" : ` Did you mean "${close}"?`;
    throw new TokenwireError(
      "UNKNOWN_PARSER",
      `Unknown ${this.#kind} parser "${name}".${hint} Known parsers: ${[...this.#any.keys()].sort().join(", ")}.`,
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

/** The name with the fewest edits to `name`, if they are few. */
function closest(name: string, names: readonly string[]): string | undefined {
  let best: string | undefined;
  let fewest = Math.max(2, Math.floor(name.length / 3)) + 1;
  for (const candidate of names) {
    const edits = editDistance(name, candidate);
    if (edits < fewest) {
      fewest = edits;
      best = candidate;
    }
  }
  return best;
}

function editDistance(a: string, b: string): number {
  let row = Array.from({ length: b.length + 1 }, (_, index) => index);
  for (let i = 1; i <= a.length; i++) {
    const next = [i];
    for (let j = 1; j <= b.length; j++) {
      const same = a[i - 1] === b[j - 1] ? 0 : 1;
      next.push(Math.min((row[j] ?? 0) + 1, (next[j - 1] ?? 0) + 1, (row[j - 1] ?? 0) + same));
    }
    row = next;
  }
  return row[b.length] ?? 0;
}
