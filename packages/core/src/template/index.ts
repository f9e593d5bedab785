export { type ChatInput, type ChatOptions, renderChat } from "./chat.ts";
export {
  type ContentFormat,
  detectArgumentsFormat,
  detectContentFormat,
  probeContentFormat,
  thinkingToggle,
} from "./detect.ts";
export { type EncodeChatOptions, encodeChat } from "./encode.ts";
export type { TemplateLimits } from "./limits.ts";
export {
  type ChatTemplateFiles,
  chooseChatTemplate,
  readChatTemplates,
  readSpecialTokens,
} from "./model-files.ts";
export {
  type ChatSegment,
  opensReasoning,
  type ReasoningMarkers,
  type RenderedChat,
} from "./rendered-chat.ts";
export { compileTemplate, type RenderOptions, type Template, type TemplateContext } from "./template.ts";
export { TemplateError } from "./template-error.ts";
