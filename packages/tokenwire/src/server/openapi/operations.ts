// What `/openapi.json` says about each route beyond its body: a sentence, the query, the answer. By method and path,
// because the answer of a route is the work of the layers below it.

export interface Parameter {
  readonly name: string;
  readonly description: string;
  readonly schema: Readonly<Record<string, unknown>>;
}

export interface Operation {
  readonly summary: string;
  readonly query?: readonly Parameter[];
  /** Name of the answer's schema, or the media type of an answer that is not JSON. */
  readonly answer: string;
  /** Name of the schema of one event, where the answer can be a stream. */
  readonly events?: string;
}

const text = { type: "string" };
const boolean = { type: "boolean" };
const page: readonly Parameter[] = [
  { name: "limit", description: "Entries at most", schema: { type: "integer", minimum: 1, maximum: 100 } },
  { name: "order", description: "By time", schema: { type: "string", enum: ["asc", "desc"] } },
  { name: "after", description: "The id after which the page begins", schema: text },
];
const include: Parameter = {
  name: "include",
  description: "Further parts of the answer",
  schema: { type: "array", items: text },
};

export const operations: Readonly<Record<string, Operation>> = {
  "POST /v1/chat/completions": {
    summary: "Make a chat completion, whole or streamed",
    answer: "ChatCompletion",
    events: "ChatCompletionChunk",
  },
  "GET /v1/chat/completions": {
    summary: "List stored chat completions",
    query: [...page, { name: "model", description: "Only those of this model", schema: text }],
    answer: "ChatCompletionList",
  },
  "GET /v1/chat/completions/:id": { summary: "A stored chat completion", answer: "ChatCompletion" },
  "POST /v1/chat/completions/:id": { summary: "Change its metadata", answer: "ChatCompletion" },
  "DELETE /v1/chat/completions/:id": { summary: "Delete it", answer: "ChatCompletionDeleted" },
  "GET /v1/chat/completions/:id/messages": {
    summary: "The messages of its request",
    query: page,
    answer: "ChatMessageList",
  },
  "POST /v1/completions": {
    summary: "Complete a text or tokens, whole or streamed",
    answer: "Completion",
    events: "Completion",
  },
  "POST /v1/completions/codec": {
    summary: "The same with a binary body",
    query: [{ name: "model", description: "The model; default: the first", schema: text }],
    answer: "application/x-msgpack",
  },
  "GET /codec/schema": { summary: "The protobuf schema of binary answers", answer: "text/plain" },
  "GET /codec/version": { summary: "Binary formats on offer", answer: "CodecVersion" },
  "GET /.well-known/codec/*": { summary: "Dialect maps, policies and their index", answer: "CodecDocument" },
  "POST /v1/responses": {
    summary: "Make a response, whole, streamed or in the background",
    answer: "Response",
    events: "ResponseEvent",
  },
  "POST /v1/responses/input_tokens": { summary: "Count the tokens of its input", answer: "InputTokens" },
  "POST /v1/responses/compact": { summary: "Make a conversation shorter", answer: "Compaction" },
  "GET /v1/responses/:id": {
    summary: "A stored response, or its events again",
    query: [
      include,
      { name: "stream", description: "Send its events", schema: boolean },
      {
        name: "starting_after",
        description: "Only events after this sequence number",
        schema: { type: "integer", minimum: 0 },
      },
      { name: "include_obfuscation", description: "Pad the deltas", schema: boolean },
    ],
    answer: "Response",
    events: "ResponseEvent",
  },
  "DELETE /v1/responses/:id": { summary: "Delete it", answer: "ResponseDeleted" },
  "POST /v1/responses/:id/cancel": { summary: "Stop a response in the background", answer: "Response" },
  "GET /v1/responses/:id/input_items": {
    summary: "The items of its input",
    query: [...page, include],
    answer: "ItemList",
  },
  "POST /v1/conversations": { summary: "Begin a conversation", answer: "Conversation" },
  "GET /v1/conversations/:id": { summary: "A conversation", answer: "Conversation" },
  "POST /v1/conversations/:id": { summary: "Change its metadata", answer: "Conversation" },
  "DELETE /v1/conversations/:id": { summary: "Delete it", answer: "ConversationDeleted" },
  "POST /v1/conversations/:id/items": { summary: "Add items", query: [include], answer: "ItemList" },
  "GET /v1/conversations/:id/items": { summary: "Its items", query: [...page, include], answer: "ItemList" },
  "GET /v1/conversations/:id/items/:item": { summary: "One item", query: [include], answer: "Item" },
  "DELETE /v1/conversations/:id/items/:item": { summary: "Delete an item", answer: "Conversation" },
  "POST /v1/messages": {
    summary: "Make a message as Anthropic's API does, whole or streamed",
    answer: "Message",
    events: "MessageEvent",
  },
  "POST /v1/messages/count_tokens": { summary: "Count the tokens of its input", answer: "MessageTokens" },
  "POST /v1/chat/completions/render": { summary: "The tokens of a chat request", answer: "Rendered" },
  "POST /v1/completions/render": { summary: "The tokens of each prompt", answer: "RenderedList" },
  "POST /v1/messages/render": { summary: "The tokens of a message request", answer: "Rendered" },
  "POST /v1/chat/completions/derender": {
    summary: "The chat completion that tokens spell",
    answer: "DerenderedChat",
  },
  "POST /v1/completions/derender": {
    summary: "The completion that tokens spell",
    answer: "DerenderedCompletion",
  },
  "POST /inference/v1/generate": {
    summary: "Tokens for tokens, whole or streamed",
    answer: "TokenAnswer",
    events: "TokenAnswer",
  },
  "POST /v1/embeddings": { summary: "Embed texts or tokens", answer: "Embeddings" },
  "POST /tokenize": { summary: "Texts or messages to tokens", answer: "Tokens" },
  "POST /detokenize": { summary: "Tokens to text", answer: "Detokenized" },
  "POST /apply-template": { summary: "Messages to the text of a prompt", answer: "AppliedTemplate" },
  "POST /v1/parse/function_call": { summary: "The calls in a model's output", answer: "ParsedCalls" },
  "POST /v1/parse/reasoning": { summary: "The reasoning in a model's output", answer: "ParsedReasoning" },
  "POST /v1/rerank": { summary: "Refused by name: no engine here reranks", answer: "Error" },
  "POST /v1/classify": { summary: "Refused by name: no engine here classifies", answer: "Error" },
  "GET /v1/models": { summary: "What is served", answer: "ModelList" },
  "GET /v1/models/*": { summary: "One model", answer: "Model" },
  "GET /metrics": { summary: "Metrics for Prometheus", answer: "text/plain" },
  "GET /version": { summary: "The version of the server", answer: "Version" },
  "GET /load": { summary: "Requests that run and wait", answer: "Load" },
  "GET /server_info": { summary: "Settings and models, without secrets", answer: "ServerInfo" },
  "GET /health": { summary: "Whether the process lives", answer: "Health" },
  "GET /health_generate": { summary: "Whether every engine generates a token", answer: "Health" },
  "GET /ready": { summary: "Whether requests are answered; 503 when not", answer: "Health" },
  "GET /openapi.json": { summary: "This document", answer: "OpenApi" },
};
