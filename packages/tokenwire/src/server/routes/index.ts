// Every endpoint of the server: one line each.

import type { Route } from "../context.ts";
import { chatCompletions } from "./chat.ts";
import { binaryCompletions, codecSchema, codecVersion, wellKnownCodec } from "./codec.ts";
import { completions } from "./completions.ts";
import { health, ready } from "./health.ts";
import { listModels, retrieveModel } from "./models.ts";

export const routes: readonly Route[] = [
  chatCompletions,
  completions,
  binaryCompletions,
  codecSchema,
  codecVersion,
  wellKnownCodec,
  listModels,
  retrieveModel,
  health,
  ready,
];
