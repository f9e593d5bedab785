// Every endpoint of the server: one line each.

import type { Route } from "../context.ts";
import { chatCompletions } from "./chat.ts";
import { binaryCompletions, codecSchema, codecVersion, wellKnownCodec } from "./codec.ts";
import { compactResponse } from "./compact.ts";
import { completions } from "./completions.ts";
import {
  addConversationItems,
  createConversation,
  deleteConversation,
  deleteConversationItem,
  listConversationItems,
  retrieveConversation,
  retrieveConversationItem,
  updateConversation,
} from "./conversations.ts";
import { derenderChat, derenderCompletions } from "./derender.ts";
import { embeddings } from "./embeddings.ts";
import { generateTokens } from "./generate.ts";
import { health, healthGenerate, ready } from "./health.ts";
import { load, metrics, serverInfo, version } from "./information.ts";
import { countMessageTokens, createMessage } from "./messages.ts";
import { listModels, retrieveModel } from "./models.ts";
import { openApiRoute } from "./openapi.ts";
import { parseFunctionCall, parseReasoningText } from "./parse.ts";
import { renderChatRequest, renderCompletionRequest, renderMessagesRequest } from "./render.ts";
import { createResponse } from "./responses.ts";
import { deleteChat, listChatMessages, listChats, retrieveChat, updateChat } from "./stored-chats.ts";
import {
  cancelResponse,
  countInputTokens,
  deleteResponse,
  listInputItems,
  retrieveResponse,
} from "./stored-responses.ts";
import { applyTemplate, detokenize, tokenize } from "./tokenize.ts";
import { classify, rerank } from "./unavailable.ts";

const described: readonly Route[] = [
  chatCompletions,
  listChats,
  retrieveChat,
  updateChat,
  deleteChat,
  listChatMessages,
  completions,
  binaryCompletions,
  codecSchema,
  codecVersion,
  wellKnownCodec,
  createResponse,
  countInputTokens,
  compactResponse,
  retrieveResponse,
  deleteResponse,
  cancelResponse,
  listInputItems,
  createConversation,
  retrieveConversation,
  updateConversation,
  deleteConversation,
  addConversationItems,
  listConversationItems,
  retrieveConversationItem,
  deleteConversationItem,
  createMessage,
  countMessageTokens,
  renderChatRequest,
  renderCompletionRequest,
  renderMessagesRequest,
  derenderChat,
  derenderCompletions,
  generateTokens,
  embeddings,
  tokenize,
  detokenize,
  applyTemplate,
  parseFunctionCall,
  parseReasoningText,
  listModels,
  retrieveModel,
  rerank,
  classify,
  metrics,
  version,
  load,
  serverInfo,
  health,
  healthGenerate,
  ready,
];

export const routes: readonly Route[] = [...described, openApiRoute(described)];
