export type { McpCallResult, McpConnection, McpServerConfig, McpToolInfo } from "./connection.ts";
export { connectMcp } from "./connection.ts";
export type { McpToolOptions } from "./mcp-tool.ts";
export { createMcpTool } from "./mcp-tool.ts";
export type { McpPoolOptions } from "./pool.ts";
export { McpPool } from "./pool.ts";
export { toPromptSchema } from "./prompt-schema.ts";
export type { McpHttpOptions, McpHttpServer, McpServeOptions } from "./serve.ts";
export { serveMcpHttp, serveMcpStdio } from "./serve.ts";
