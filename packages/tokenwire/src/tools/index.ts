export type {
  ApplyPatchOptions,
  ApplyPatchToolOptions,
  FileWrite,
  ParsePatchOptions,
  PatchCandidate,
  PatchDocument,
  PatchInvocation,
  PatchLine,
  PatchMode,
  PatchOperation,
  PatchPlan,
  PatchProblem,
  PatchProblemCode,
  PatchProgress,
  PatchProgressEntry,
  PatchResult,
  PatchSection,
  PatchSource,
  PatchWarning,
  PatchWorkspace,
  PlannedChange,
  PlanPatchOptions,
  WorkspaceOptions,
} from "./apply-patch/index.ts";
export {
  applyPatch,
  applyPatchInstructions,
  createApplyPatchTool,
  extractPatch,
  extractPatchFromCommand,
  openWorkspace,
  PatchStream,
  parsePatch,
  planPatch,
} from "./apply-patch/index.ts";
export type {
  BrowserAction,
  BrowserBackend,
  BrowserResult,
  BrowserSessionOptions,
  BrowserState,
  BrowserTool,
  BrowserToolOptions,
  Cassette,
  ChromiumBackendOptions,
  CitedPage,
  FetchedPage,
  HttpBackendOptions,
  LocalBackendOptions,
  NormalizedCitations,
  NormalizeOptions,
  Page,
  PageText,
  PageTextOptions,
  SearchHit,
  SearxngBackendOptions,
  UrlCitation,
  VendorBackendOptions,
} from "./browser/index.ts";
export {
  BrowserSession,
  createBrowserTool,
  createChromiumBackend,
  createExaBackend,
  createHttpBackend,
  createLocalBackend,
  createSearxngBackend,
  createYouComBackend,
  decodeUrl,
  emptyCassette,
  htmlToPageText,
  normalizeCitations,
  recordCassette,
  replayCassette,
  stripLinks,
  unfinishedCitation,
  wrapLines,
} from "./browser/index.ts";
export type { ToolDefinition } from "./define-tool.ts";
export { defineTool, parseToolArguments } from "./define-tool.ts";
export { isPublicAddress } from "./network/address-guard.ts";
export type { FetchedResource, GuardedFetchOptions, GuardedRequest } from "./network/guarded-fetch.ts";
export { guardedFetch } from "./network/guarded-fetch.ts";
export type {
  CellOptions,
  CellResult,
  CommandBackendOptions,
  ContainerOptions,
  OpenSessionOptions,
  PythonBackend,
  PythonSessionsOptions,
  PythonToolOptions,
  SandboxOptions,
} from "./python/index.ts";
export {
  createBubblewrapBackend,
  createContainerBackend,
  createDangerouslyLocalBackend,
  createPythonTool,
  PythonSandbox,
  PythonSessions,
} from "./python/index.ts";
export type { Route } from "./routing.ts";
export { routeRecipient } from "./routing.ts";
export type { TextToolOptions } from "./text-tools.ts";
export { createTextTools } from "./text-tools.ts";
export type { Tool, ToolCall, ToolContext, ToolDetails, ToolEvent, ToolResult } from "./tool.ts";
export { runTool } from "./tool.ts";
export { callOf, toolResultMessage } from "./tool-messages.ts";
export { Waiters } from "./waiters.ts";
