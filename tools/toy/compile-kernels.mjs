// Compiles the AssemblyScript kernels.

import { join } from "node:path";
import { fileURLToPath } from "node:url";

const root = fileURLToPath(new URL("../..", import.meta.url));

/**
 * Compiles `tools/toy/assembly/<entry>` into a WebAssembly file.
 *
 * @param {string} entry
 * @param {string} file
 * @param {boolean} shared imports memory that workers can share
 */
export async function compileKernels(entry, file, shared) {
  const { default: asc } = await import("assemblyscript/asc");
  const memory = shared ? ["--enable", "threads", "--sharedMemory", "--maximumMemory", "16384"] : [];
  const { error, stderr } = await asc.main([
    join("tools/toy/assembly", entry),
    ...["--outFile", file, "-O3", "--noAssert", "--runtime", "stub", "--enable", "simd"],
    ...["--importMemory", "--initialMemory", "1", "--disableWarning", "112", "--baseDir", root],
    ...memory,
  ]);
  if (error) throw new Error(`AssemblyScript: ${stderr.toString()}`, { cause: error });
}
