// The part of WebAssembly that running an interpreter needs: neither ES2023 nor Node's types declare it.

declare namespace WebAssembly {
  type ImportValue = (...values: never[]) => unknown;
  function compile(bytes: Uint8Array): Promise<Module>;
  function instantiate(
    module: Module,
    imports: Record<string, Record<string, ImportValue>>,
  ): Promise<Instance>;
}
