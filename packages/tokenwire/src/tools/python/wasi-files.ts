// The sandbox's files live in memory, outside the WebAssembly memory, so they need a quota of their own.

import { Directory, File, type Inode, OpenFile } from "@bjorn3/browser_wasi_shim";

/** WASI preview 1: no space left on device. */
const noSpace = 51;

interface Usage {
  readonly bytes: number;
  readonly entries: number;
}

function usageOf(node: Inode): Usage {
  if (node instanceof File) return { bytes: node.data.byteLength, entries: 1 };
  if (!(node instanceof Directory)) return { bytes: 0, entries: 1 };
  let bytes = 0;
  let entries = 1;
  for (const child of node.contents.values()) {
    const usage = usageOf(child);
    bytes += usage.bytes;
    entries += usage.entries;
  }
  return { bytes, entries };
}

/**
 * Makes every write that would exceed the quota fail with "no space left", in the whole thread: the shim creates its
 * files itself, so the rule has to sit in its classes.
 */
export function enforceQuota(
  roots: readonly Directory[],
  limits: { readonly bytes: number; readonly entries: number },
): void {
  // Upper bounds between recounts: removals are noticed only when a bound is reached.
  let bytes = 0;
  let entries = 0;
  const recount = (): void => {
    const usages = roots.map(usageOf);
    bytes = usages.reduce((sum, usage) => sum + usage.bytes, 0);
    entries = usages.reduce((sum, usage) => sum + usage.entries, 0);
  };
  recount();
  const mayGrow = (file: File, size: bigint): boolean => {
    const growth = Number(size) - file.data.byteLength;
    if (growth <= 0) return true;
    if (bytes + growth > limits.bytes) recount();
    if (bytes + growth > limits.bytes) return false;
    bytes += growth;
    return true;
  };
  const { fd_write, fd_pwrite, fd_filestat_set_size, fd_allocate } = OpenFile.prototype;
  OpenFile.prototype.fd_write = function (data) {
    const fits = mayGrow(this.file, this.file_pos + BigInt(data.byteLength));
    return fits ? fd_write.call(this, data) : { ret: noSpace, nwritten: 0 };
  };
  OpenFile.prototype.fd_pwrite = function (data, offset) {
    const fits = mayGrow(this.file, offset + BigInt(data.byteLength));
    return fits ? fd_pwrite.call(this, data, offset) : { ret: noSpace, nwritten: 0 };
  };
  OpenFile.prototype.fd_filestat_set_size = function (size) {
    return mayGrow(this.file, size) ? fd_filestat_set_size.call(this, size) : noSpace;
  };
  OpenFile.prototype.fd_allocate = function (offset, length) {
    return mayGrow(this.file, offset + length) ? fd_allocate.call(this, offset, length) : noSpace;
  };
  const { create_entry_for_path } = Directory.prototype;
  Directory.prototype.create_entry_for_path = function (path, isFolder) {
    if (entries >= limits.entries) recount();
    if (entries >= limits.entries) return { ret: noSpace, entry: null };
    entries += 1;
    return create_entry_for_path.call(this, path, isFolder);
  };
}

/** Regular files below a folder by relative path. */
export function listFiles(folder: Directory, prefix: string = ""): Map<string, Uint8Array> {
  const files = new Map<string, Uint8Array>();
  for (const [name, node] of folder.contents) {
    if (node instanceof File) files.set(prefix + name, node.data.slice());
    else if (node instanceof Directory)
      for (const [path, data] of listFiles(node, `${prefix}${name}/`)) files.set(path, data);
  }
  return files;
}
