export type { CellOptions, CellResult, PythonBackend } from "./backend.ts";
export type { CommandBackendOptions, ContainerOptions } from "./command-backends.ts";
export {
  createBubblewrapBackend,
  createContainerBackend,
  createDangerouslyLocalBackend,
} from "./command-backends.ts";
export type { PythonToolOptions } from "./python-tool.ts";
export { createPythonTool } from "./python-tool.ts";
export type { SandboxOptions } from "./sandbox.ts";
export { PythonSandbox } from "./sandbox.ts";
export type { OpenSessionOptions, PythonSessionsOptions } from "./sessions.ts";
export { PythonSessions } from "./sessions.ts";
