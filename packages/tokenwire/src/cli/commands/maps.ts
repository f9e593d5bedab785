// `tokenwire maps`: build, check, translate and publish dialect maps, and the safety policies that go with them.

import { Command } from "commander";
import { buildCommand, convertCommand } from "../maps/build.ts";
import { hashCommand, previewCommand, validateCommand } from "../maps/check.ts";
import {
  policiesEnumerateCommand,
  policiesHashCommand,
  policiesSanitizeCommand,
  policiesValidateCommand,
} from "../maps/policies.ts";
import { policiesWellKnownCommand, wellKnownCommand } from "../maps/publish.ts";
import { translateCommand, translationTableCommand } from "../maps/translate.ts";

export function mapsCommand(): Command {
  const maps = new Command("maps")
    .description("Build, check and publish dialect maps")
    .addHelpText(
      "after",
      "\nExamples:\n  $ tokenwire maps build o200k_base --out o200k.json\n  $ tokenwire maps preview o200k.json",
    );
  maps.commandsGroup("Maps");
  for (const command of [
    buildCommand(),
    convertCommand(),
    validateCommand(),
    hashCommand(),
    previewCommand(),
    translateCommand(),
    translationTableCommand(),
    wellKnownCommand(),
  ]) {
    maps.addCommand(command);
  }
  maps.commandsGroup("Safety policies");
  for (const command of [
    policiesValidateCommand(),
    policiesSanitizeCommand(),
    policiesHashCommand(),
    policiesWellKnownCommand(),
    policiesEnumerateCommand(),
  ]) {
    maps.addCommand(command);
  }
  return maps;
}
