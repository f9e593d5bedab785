// The part of WebAssembly that the fast kernel uses, looked up at run time: hosts may lack it or forbid it.

export interface WasmMemory {
  readonly buffer: ArrayBuffer;
}

export interface WasmHost {
  readonly Memory: new (size: { initial: number; maximum?: number }) => WasmMemory;
  readonly Module: new (bytes: Uint8Array) => object;
  readonly Instance: new (module: object, imports: object) => { readonly exports: unknown };
}

/** WebAssembly, or undefined where there is none. */
export function wasmHost(): WasmHost | undefined {
  return (globalThis as { readonly WebAssembly?: WasmHost }).WebAssembly;
}

/** The bytes of compiled code: generated modules have two hexadecimal digits for each. */
export function codeOf(digits: string): Uint8Array {
  return Uint8Array.from({ length: digits.length / 2 }, (_, i) =>
    Number.parseInt(digits.slice(2 * i, 2 * i + 2), 16),
  );
}

/** What compiled code calls if it fails: it never should. */
export function abort(): never {
  throw new Error("The tokenizer's compiled code failed an internal check.");
}
