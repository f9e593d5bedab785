// What every route gets: the models, the settings, and the request's own id, tenant and abort signal.

import type { FastifyReply, FastifyRequest } from "fastify";
import type { Logger } from "pino";
import type { z } from "zod";
import type { RequestBody } from "../protocol/index.ts";
import type { ResponseStore } from "../store/index.ts";
import type { Admission } from "./admission.ts";
import type { Cancellation } from "./cancellation.ts";
import type { InnerMemory } from "./chat/inner-memory.ts";
import type { CodecState } from "./codec/state.ts";
import type { Drain } from "./drain.ts";
import type { IdempotentAnswers } from "./idempotency/idempotent-answers.ts";
import type { KeyLimits } from "./key-limits.ts";
import type { Metrics } from "./metrics.ts";
import type { ModelRegistry } from "./models.ts";
import type { Observation } from "./observability/observation.ts";
import type { Tracing } from "./observability/tracing.ts";
import type { ServerSettings } from "./options.ts";
import type { ConversationLocks } from "./responses/conversation-locks.ts";
import type { ResponseJobs } from "./responses/jobs.ts";
import type { Ownership } from "./responses/ownership.ts";
import type { BrowserStates } from "./responses/tools/browser-states.ts";
import type { RequestedRouting } from "./routing.ts";
import type { Seal } from "./seal.ts";
import type { ServerToolOptions } from "./tools/options.ts";

/** One per server. */
export interface ServerContext {
  readonly models: ModelRegistry;
  readonly settings: ServerSettings;
  readonly admission: Admission;
  readonly keyLimits: KeyLimits;
  readonly idempotentAnswers: IdempotentAnswers;
  readonly store: ResponseStore;
  readonly jobs: ResponseJobs;
  readonly ownership: Ownership;
  readonly conversationLocks: ConversationLocks;
  /** Tools that responses may use. */
  readonly tools: ServerToolOptions;
  readonly browserStates: BrowserStates;
  readonly innerMemory: InnerMemory;
  readonly seal: Seal;
  readonly metrics: Metrics;
  readonly log: Logger;
  /** Undefined unless the program traces. */
  readonly tracing: Tracing | undefined;
  /** Binary answers: settings, maps, policies. */
  readonly codec: CodecState;
  /** Requests in flight, and whether the server is closing. */
  readonly drain: Drain;
  /** Aborts what is still running when the grace of a closing server is over. */
  readonly shutdown: AbortSignal;
}

/** On whose behalf something is made, and until when. */
export interface Caller {
  readonly server: ServerContext;
  readonly requestId: string;
  /** Whose stored objects may be seen. */
  readonly tenant: string;
  /** What becomes known of it. */
  readonly observation: Observation;
  /** What it says about where it should go; undefined where it says nothing, or may not. */
  readonly routing: RequestedRouting | undefined;
  /** Aborted when the client leaves before the answer is complete, or the server shuts down. */
  readonly signal: Cancellation;
}

/** One per request. */
export interface RouteContext extends Caller {
  readonly request: FastifyRequest;
  readonly reply: FastifyReply;
  /** The body as an object; raises 400 when it is none. */
  readonly body: () => RequestBody;
}

/** An endpoint. The test that enumerates routes demands a key on all but the open ones. */
export interface Route {
  readonly method: "GET" | "POST" | "DELETE";
  /** Fastify's notation; `*` for names with slashes. */
  readonly path: string;
  /** Further paths of the same endpoint. */
  readonly aliases?: readonly string[];
  /** What the body may hold; for `/openapi.json`. */
  readonly schema?: z.ZodType;
  /** Answers without a key: always, or where the operator lets everybody discover the dialect maps. */
  readonly open?: true | "discovery";
  /** The body of the answer; `undefined` when the handler answered by itself. */
  readonly handle: (context: RouteContext) => unknown;
}
