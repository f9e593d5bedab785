// Every endpoint of the server: one line each.

import type { Route } from "../context.ts";
import { chatCompletions } from "./chat.ts";
import { completions } from "./completions.ts";
import { health, ready } from "./health.ts";
import { listModels, retrieveModel } from "./models.ts";

export const routes: readonly Route[] = [
  chatCompletions,
  completions,
  listModels,
  retrieveModel,
  health,
  ready,
];
