// What differs between the engines behind one gRPC family: numbers of fields, defaults, and what each can do.

import type { Capabilities, GenerateRequest } from "../engine.ts";
import type { Json } from "../remote/json-view.ts";
import type { Message, MessageValue } from "./wire.ts";

/** Messages of a service. Field names are ours and the same for all engines; only numbers travel. */
export interface GrpcMessages {
  readonly generateRequest: Message;
  /** Holds `chunk` and `complete`. */
  readonly generateResponse: Message;
  readonly abortRequest: Message;
  readonly health: Message;
  readonly modelInfo: Message;
  readonly serverInfo?: Message;
  readonly loads?: Message;
  readonly embedRequest?: Message;
  readonly embedResponse?: Message;
}

export interface GrpcDialect {
  /** Last part of the engine's kind: `vllm` is `grpc-vllm`. */
  readonly name: string;
  /** Full name of the service. */
  readonly service: string;
  readonly capabilities: Capabilities;
  readonly messages: GrpcMessages;
  /**
   * A request for one streamed choice. Throws `EngineError("unsupported")` for what the engine cannot do.
   *
   * @param vocabSize ids that the model has, for engines that take a bias for each of them.
   */
  toRequest(request: GenerateRequest, vocabSize: number | undefined): MessageValue;
  toAbort(requestId: string): MessageValue;
  /** What the server says of its model, without what it makes up. */
  correctInfo?(model: Json): Json;
  /** How to make the server send log-probabilities, where it sends none without being told at its start. */
  readonly logprobsAdvice?: string;
}
