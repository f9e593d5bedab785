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

/** Room for at least `byteLength` bytes; it never grows. */
export function wasmMemory(host: WasmHost, byteLength: number): WasmMemory {
  const pages = Math.ceil(byteLength / 0x10000);
  return new host.Memory({ initial: pages, maximum: pages });
}

const modules = new Map<string, object>();

/** The exports of compiled code, which is compiled once. Throws whatever the host throws where it cannot or may not. */
export function wasmExports(host: WasmHost, code: string, memory: WasmMemory | undefined): unknown {
  const module = modules.get(code) ?? new host.Module(codeOf(code));
  modules.set(code, module);
  return new host.Instance(module, { env: { memory } }).exports;
}

/**
 * The bytes of compiled code, which generated modules hold as printable text: "#" to "x" are -3 (modulo 256) to 82, which
 * most of them lie between; "y" and "z" add 86 and 172 to the next one.
 */
function codeOf(text: string): Uint8Array {
  const bytes: number[] = [];
  let more = 0;
  for (let i = 0; i < text.length; i++) {
    const code = text.charCodeAt(i);
    if (code > 120) more = 86 * (code - 120);
    else {
      bytes.push(more + code - 38);
      more = 0;
    }
  }
  return Uint8Array.from(bytes);
}
