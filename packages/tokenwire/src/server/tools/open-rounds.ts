// How a model goes on after its calls, by its format.

import { answerPrompt } from "../answer.ts";
import type { Caller } from "../context.ts";
import type { ServedModel } from "../models.ts";
import type { FlatNames } from "./flat-names.ts";
import { HarmonyRounds } from "./harmony-rounds.ts";
import type { Rounds } from "./rounds.ts";
import { TemplateRounds } from "./template-rounds.ts";

export function openRounds(
  caller: Pick<Caller, "server" | "signal">,
  model: ServedModel,
  names: FlatNames,
): Rounds {
  const { format } = model.profile;
  if (format.kind === "harmony") return new HarmonyRounds(format.encoding);
  return new TemplateRounds(names, (conversation) => answerPrompt(caller, model, { conversation }));
}
