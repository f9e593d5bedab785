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
