// Caps the memory of a WebAssembly module. The build of CPython declares no maximum, so without this a single
// `bytearray(10**10)` would take the host's memory.

const memorySection = 5;

function readLeb(bytes: Uint8Array, offset: number): { value: number; next: number } {
  let value = 0;
  let shift = 0;
  for (let next = offset; ; next += 1) {
    const byte = bytes[next];
    if (byte === undefined || shift > 28) throw new Error("The WebAssembly module is damaged.");
    value |= (byte & 0x7f) << shift;
    shift += 7;
    if (byte < 0x80) return { value: value >>> 0, next: next + 1 };
  }
}

function writeLeb(value: number): number[] {
  const bytes: number[] = [];
  let rest = value;
  do {
    const low = rest & 0x7f;
    rest >>>= 7;
    bytes.push(rest === 0 ? low : low | 0x80);
  } while (rest !== 0);
  return bytes;
}

/**
 * A copy of `module` whose one memory has `maxPages` pages of 64 KiB at most.
 * Format: WebAssembly core specification, section 5.5.
 */
export function limitMemory(module: Uint8Array, maxPages: number): Uint8Array<ArrayBuffer> {
  let offset = 8;
  while (offset < module.length) {
    const start = offset;
    const id = module[offset]!;
    const { value: size, next: content } = readLeb(module, offset + 1);
    if (id === memorySection) {
      const { value: count, next: flagsAt } = readLeb(module, content);
      if (count !== 1) throw new Error(`Expected a module with one memory, got ${count}.`);
      const { value: minimum } = readLeb(module, flagsAt + 1);
      const section = [1, 1, ...writeLeb(minimum), ...writeLeb(Math.max(minimum, maxPages))];
      const head = [memorySection, ...writeLeb(section.length), ...section];
      const limited = new Uint8Array(start + head.length + module.length - content - size);
      limited.set(module.subarray(0, start));
      limited.set(head, start);
      limited.set(module.subarray(content + size), start + head.length);
      return limited;
    }
    offset = content + size;
  }
  throw new Error("The WebAssembly module declares no memory.");
}
