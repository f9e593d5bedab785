export type { TemplateLimits } from "./limits.ts";
export { compileTemplate, type RenderOptions, type Template, type TemplateContext } from "./template.ts";
export { TemplateError } from "./template-error.ts";
