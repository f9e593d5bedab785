// A document of the corpus: a harmony conversation as runs of text between special tokens, each with the weight
// that its tokens have in the loss. The layout is byte for byte what the harmony renderer produces.

import type { Random } from "./random.ts";
import { renderTools, type Tool } from "./tool-text.ts";

/** Either a special token (name without brackets) or ordinary text. */
export type Run =
  | { readonly special: string; readonly weight: number }
  | { readonly text: string; readonly weight: number };

/** What happens within one turn, after the user's message. */
export type Step =
  | { readonly kind: "analysis"; readonly text: string; readonly long?: string }
  | { readonly kind: "preamble"; readonly text: string }
  | { readonly kind: "call"; readonly name: string; readonly args: string; readonly result: string }
  | { readonly kind: "final"; readonly text: string };

export interface Turn {
  readonly user: string;
  readonly steps: readonly Step[];
}

export type Effort = "low" | "medium" | "high";

export interface Setting {
  readonly effort: Effort;
  /** Text of the system message without the line about tools, or undefined for none. */
  readonly system: string | undefined;
  readonly instructions: string | undefined;
  readonly tools: readonly Tool[];
}

/** How the tool calls of the last turn are laid out. */
export type CallStyle = "ends-at-call" | "rendered" | "raw";

/** Weight of tokens the model only reads. */
const READ = 0.1;
const WRITE = 1;

export class Transcript {
  readonly runs: Run[] = [];

  text(text: string, weight: number): void {
    const last = this.runs.at(-1);
    if (last !== undefined && "text" in last && last.weight === weight) {
      this.runs[this.runs.length - 1] = { text: last.text + text, weight };
    } else if (text !== "") this.runs.push({ text, weight });
  }

  special(name: string, weight: number): void {
    this.runs.push({ special: name, weight });
  }

  /** One whole message; header and body may differ in weight. */
  message(header: string, channel: string | undefined, body: string, end: string, weights: Weights): void {
    this.special("start", weights.start);
    this.text(header, weights.start);
    if (channel !== undefined) {
      this.special("channel", weights.head);
      const [words, constrain] = channel.split("<|constrain|>");
      this.text(words ?? "", weights.head);
      if (constrain !== undefined) {
        this.special("constrain", weights.head);
        this.text(constrain, weights.head);
      }
    }
    this.special("message", weights.head);
    this.text(body, weights.body);
    this.special(end, weights.end);
  }
}

interface Weights {
  readonly start: number;
  readonly head: number;
  readonly body: number;
  readonly end: number;
}

const READING: Weights = { start: READ, head: READ, body: READ, end: READ };
/** The first assistant message of a completion: its role is part of the prompt. */
const OPENING: Weights = { start: READ, head: WRITE, body: WRITE, end: WRITE };
const WRITING: Weights = { start: WRITE, head: WRITE, body: WRITE, end: WRITE };
/** History: the body is what the model should have said, the frame is not what it would have said. */
const REMEMBERED: Weights = { start: 0, head: 0, body: WRITE, end: 0 };

/** Lays out a conversation whose last turn is what the model learns to produce. */
export function layOut(setting: Setting, turns: readonly Turn[], style: CallStyle, random: Random): Run[] {
  const transcript = new Transcript();
  if (setting.system !== undefined) {
    const toolLine = "\nCalls to these tools must go to the commentary channel: 'functions'.";
    const system = setting.tools.length > 0 ? setting.system + toolLine : setting.system;
    transcript.message("system", undefined, system, "end", READING);
  }
  const sections = [
    ...(setting.instructions === undefined ? [] : [`# Instructions\n\n${setting.instructions}`]),
    ...(setting.tools.length === 0 ? [] : [renderTools(setting.tools)]),
  ];
  if (sections.length > 0) {
    transcript.message("developer", undefined, sections.join("\n\n"), "end", READING);
  }
  turns.forEach((turn, index) => {
    transcript.message("user", undefined, turn.user, "end", READING);
    if (index < turns.length - 1) layOutHistory(transcript, turn);
    else layOutAnswer(transcript, turn, setting.effort, style, random);
  });
  return transcript.runs;
}

function layOutHistory(transcript: Transcript, turn: Turn): void {
  for (const step of turn.steps) {
    if (step.kind === "call") layOutRenderedCall(transcript, step);
    if (step.kind === "preamble") {
      transcript.message("assistant", "commentary", step.text, "end", REMEMBERED);
    }
    if (step.kind === "final") transcript.message("assistant", "final", step.text, "end", REMEMBERED);
  }
}

function layOutRenderedCall(transcript: Transcript, step: Step & { kind: "call" }): void {
  const header = `assistant to=functions.${step.name}`;
  transcript.message(header, "commentary <|constrain|>json", step.args, "call", {
    ...REMEMBERED,
    end: WRITE,
  });
  transcript.message(`functions.${step.name} to=assistant`, "commentary", step.result, "end", READING);
}

/** The turn that the model learns to produce. */
function layOutAnswer(
  transcript: Transcript,
  turn: Turn,
  effort: Effort,
  style: CallStyle,
  random: Random,
): void {
  // A client that does not send reasoning back drops it from a tool loop.
  const forgetful = style === "rendered" && random.chance(0.5);
  const lastCall = turn.steps.findLastIndex((step) => step.kind === "call");
  const steps = turn.steps.filter(
    (step, index) => step.kind !== "analysis" || (effort !== "low" && !(forgetful && index < lastCall)),
  );
  let weights = OPENING;
  for (const step of steps) {
    if (step.kind === "call") {
      layOutCall(transcript, step, style, weights);
      if (style === "ends-at-call") return;
      weights = OPENING;
    } else {
      layOutText(transcript, step, effort, weights);
      weights = WRITING;
    }
  }
}

function layOutText(
  transcript: Transcript,
  step: Exclude<Step, { kind: "call" }>,
  effort: Effort,
  weights: Weights,
): void {
  if (step.kind === "analysis") {
    const text = effort === "high" && step.long !== undefined ? `${step.text} ${step.long}` : step.text;
    transcript.message("assistant", "analysis", text, "end", weights);
  } else if (step.kind === "preamble") {
    transcript.message("assistant", "commentary", step.text, "end", weights);
  } else transcript.message("assistant", "final", step.text, "return", weights);
}

function layOutCall(
  transcript: Transcript,
  step: Step & { kind: "call" },
  style: CallStyle,
  weights: Weights,
): void {
  if (style === "rendered") {
    layOutRenderedCall(transcript, step);
    return;
  }
  const channel = `commentary to=functions.${step.name} <|constrain|>json`;
  transcript.message("assistant", channel, step.args, "call", weights);
  if (style === "raw") {
    transcript.message(`functions.${step.name} to=assistant`, "commentary", step.result, "end", READING);
  }
}
