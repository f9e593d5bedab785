// Conformance cases of the pre-tokenizer programs.

import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { type PreTokProgram, runPreTokProgram } from "@tokenwire/core/codec";
import { describe, expect, it } from "vitest";

const file = join(import.meta.dirname, "../../../shared/acceptance/codec/pretok-program-cases.json");

interface Case {
  readonly name: string;
  readonly program: PreTokProgram;
  readonly input: string;
  readonly expected_pieces: readonly string[];
}

describe.skipIf(!existsSync(file))("acceptance: pre-tokenizer programs", () => {
  const cases = existsSync(file)
    ? (JSON.parse(readFileSync(file, "utf8")) as { cases: readonly Case[] }).cases
    : [];

  it.each(cases.map((entry) => [entry.name, entry] as const))(
    "%s",
    (_name, { program, input, expected_pieces }) => {
      expect(runPreTokProgram(program, input)).toEqual(expected_pieces);
    },
  );
});
