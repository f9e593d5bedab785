export type { CellOptions, CellResult, PythonBackend } from "./backend.ts";
export type { CommandBackendOptions, ContainerOptions } from "./command-backends.ts";
export { createContainerBackend, createDangerouslyLocalBackend } from "./command-backends.ts";
export type { PythonToolOptions } from "./python-tool.ts";
export { createPythonTool } from "./python-tool.ts";
export type { SandboxOptions } from "./sandbox.ts";
export { PythonSandbox } from "./sandbox.ts";
