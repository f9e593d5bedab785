export type { ServedModel } from "./models.ts";
export type { LimitOptions, ModelOptions, ServerOptions, TimeoutOptions } from "./options.ts";
export { createServer, type ServeOptions, type Server, serve } from "./serve.ts";
