// What can be wrong with a model's output, and how grave it is.

import type { HarmonyDiagnosticCode } from "../errors.ts";

export type Severity = "info" | "warning" | "error";

/** What was assumed in place of what was read. */
export interface Repair {
  readonly field: string;
  readonly raw: string;
  readonly repaired: string | undefined;
}

export interface Diagnostic {
  readonly code: HarmonyDiagnosticCode;
  readonly severity: Severity;
  /** Half-open range over everything fed: token indices, or UTF-16 offsets when text was fed. */
  readonly tokenStart: number;
  readonly tokenEnd: number;
  readonly text: string;
  readonly repair: Repair | undefined;
  /** True when these tokens belong to no message. */
  readonly owns: boolean;
}

export interface DiagnosticDescription {
  readonly severity: Severity;
  /** Strict mode raises no error for it. */
  readonly tolerated?: true;
  readonly meaning: string;
}

/** Every code, with what it means. */
export const diagnosticTable: Readonly<Record<HarmonyDiagnosticCode, DiagnosticDescription>> = {
  "abandoned-header": { severity: "warning", meaning: "A header that led to no message." },
  "abandoned-prefix": {
    severity: "warning",
    meaning: "A recipient given before the last channel was dropped.",
  },
  "author-name": { severity: "info", tolerated: true, meaning: "The role section has the form role:name." },
  "bare-recipient": { severity: "info", tolerated: true, meaning: "A recipient without `to=` or namespace." },
  "call-after-end": { severity: "warning", meaning: "`<|call|>` after `<|end|>`: the message is a call." },
  "channel-as-role": { severity: "warning", meaning: "A channel stands where the role belongs." },
  "conflicting-recipient": { severity: "warning", meaning: "Several recipients; the last one counts." },
  "constrain-prose": { severity: "warning", meaning: "Text after `<|constrain|>` that is no content type." },
  "duplicate-channel": { severity: "warning", meaning: "Several channels; the last known one counts." },
  "duplicate-message-marker": { severity: "warning", meaning: "`<|message|>` inside content." },
  "duplicate-recipient": { severity: "warning", meaning: "The same recipient twice." },
  "duplicate-role": { severity: "warning", meaning: "The role is repeated." },
  "duplicate-start": { severity: "warning", meaning: "`<|start|>` directly after `<|start|>`." },
  "empty-channel": { severity: "warning", meaning: "A channel marker without a channel." },
  "empty-recipient": { severity: "warning", meaning: "`to=` without a recipient." },
  "extra-header-words": { severity: "warning", meaning: "Words in a header that fit no field." },
  "header-too-long": { severity: "warning", meaning: "More than 1,024 characters of header." },
  "implicit-end": { severity: "warning", meaning: "The next message began before this one ended." },
  "implicit-start": { severity: "warning", meaning: "A message without `<|start|>`." },
  "invalid-header-word": { severity: "warning", meaning: "A word in a header that no header contains." },
  "invalid-utf8": { severity: "warning", meaning: "Bytes that are not UTF-8; U+FFFD stands for them." },
  "marker-in-header": { severity: "warning", meaning: "A marker in a header where none belongs." },
  markerless: { severity: "info", meaning: "Read from text whose markers had been removed." },
  "missing-channel-marker": { severity: "warning", meaning: "A channel without `<|channel|>`." },
  "missing-message-marker": { severity: "warning", meaning: "Content without `<|message|>`." },
  "missing-role": { severity: "warning", meaning: "A header without a role; assistant is assumed." },
  "noncanonical-channel": {
    severity: "warning",
    tolerated: true,
    meaning: "A channel that is none of the three.",
  },
  "special-in-content": {
    severity: "info",
    tolerated: true,
    meaning: "A special token inside content, kept as text.",
  },
  "stop-after-end": { severity: "info", meaning: "A stop token after a message had ended." },
  "stop-endoftext": { severity: "warning", meaning: "`<|endoftext|>` ended the message." },
  "stray-special": { severity: "info", meaning: "`<|startoftext|>` or `<|endoftext|>` between messages." },
  "stray-text": { severity: "warning", meaning: "Text between messages." },
  "stray-whitespace": { severity: "info", meaning: "White space between messages." },
  "tool-call-on-analysis": { severity: "info", tolerated: true, meaning: "A function called on analysis." },
  "tool-name-as-channel": { severity: "warning", meaning: "A channel that is no channel, perhaps a tool." },
  "tool-role": {
    severity: "info",
    tolerated: true,
    meaning: "The author is a tool and no recipient is given.",
  },
  "truncated-content": { severity: "warning", tolerated: true, meaning: "The stream ended inside content." },
  "truncated-header": { severity: "warning", meaning: "The stream ended inside a header." },
  "unknown-role": { severity: "warning", meaning: "A role that is none; taken for the name of a tool." },
  "unknown-token": { severity: "error", meaning: "An id outside the vocabulary; U+FFFD stands for it." },
};
