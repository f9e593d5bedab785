// What may differ between dialects, as one flat record of switches. A format's rules are the defaults here, changed
// by the dialect, changed by the format, changed by the caller.

/** Whose behaviour to reproduce where implementations disagree. `tokenwire` is the default. */
export type Dialect = "tokenwire" | "smg" | "vllm" | "sglang";

export const dialects: readonly Dialect[] = ["tokenwire", "smg", "vllm", "sglang"];

/** How texts without a JSON grammar become JSON values. */
export type CoercionStyle = "default" | "smg" | "vllm" | "sglang";

export interface Rules {
  readonly dialect: Dialect;
  /** Calls to tools that the request does not declare. */
  readonly unknownTools: "forward" | "drop" | "text";
  /** What `collect` makes of a call that started and turned out wrong. */
  readonly onInvalid: "text" | "keep" | "drop";
  readonly onTruncated: "text" | "keep" | "drop";
  /** Text after the first complete call. */
  readonly afterText: "keep" | "drop";
  /** Remove white space around the collected text. */
  readonly textTrim: boolean;
  /** Whole-output rules, applied by `collect` only. */
  readonly wholeTextOnAnyInvalid: boolean;
  /** A list that is not closed, or text behind what must be the whole output. */
  readonly wholeTextOnIncomplete: boolean;
  readonly wholeTextWithoutCalls: boolean;
  readonly dropTextWithCalls: boolean;
  /** White space between markers: ignored, or required as the format's own documentation writes it. */
  readonly markerSpace: "optional" | "strict";
  /** A call whose closing marker is missing at the end of the output. */
  readonly missingClose: "ok" | "invalid";
  /** Values of parameters without a known type. */
  readonly untyped: "infer" | "string";
  readonly stringWhitespace: "preserve" | "trim";
  readonly coercion: CoercionStyle;
  readonly htmlUnescape: boolean;
  /** `arguments: null`: an empty object, or `null` as it stands. */
  readonly nullArguments: "object" | "null";
  /** `arguments` given as a JSON string that contains an object. */
  readonly unwrapStringArguments: boolean;
  readonly requireArguments: boolean;
  /** An outer section without any call: its source is text, or nothing. */
  readonly emptySection: "text" | "drop";
}

const base: Rules = {
  dialect: "tokenwire",
  unknownTools: "forward",
  onInvalid: "text",
  onTruncated: "text",
  afterText: "keep",
  textTrim: false,
  wholeTextOnAnyInvalid: false,
  wholeTextOnIncomplete: false,
  wholeTextWithoutCalls: false,
  dropTextWithCalls: false,
  markerSpace: "optional",
  missingClose: "ok",
  untyped: "infer",
  stringWhitespace: "preserve",
  coercion: "default",
  htmlUnescape: false,
  nullArguments: "object",
  unwrapStringArguments: true,
  requireArguments: false,
  emptySection: "text",
};

/** The switches of each dialect before a format changes them. */
const presets: Readonly<Record<Dialect, Rules>> = {
  tokenwire: base,
  smg: {
    ...base,
    dialect: "smg",
    afterText: "drop",
    wholeTextWithoutCalls: true,
    wholeTextOnIncomplete: true,
    coercion: "smg",
    nullArguments: "null",
    unwrapStringArguments: false,
  },
  vllm: {
    ...base,
    dialect: "vllm",
    afterText: "drop",
    untyped: "string",
    coercion: "vllm",
    nullArguments: "null",
    unwrapStringArguments: false,
  },
  sglang: {
    ...base,
    dialect: "sglang",
    unknownTools: "drop",
    onInvalid: "drop",
    textTrim: true,
    stringWhitespace: "trim",
    coercion: "sglang",
    nullArguments: "null",
  },
};

/** Changes that a format makes to the dialects; `all` comes first. */
export type RuleChanges = { readonly [D in Dialect | "all"]?: Partial<Rules> };

/** The rules of a format in a dialect. */
export function rulesFor(dialect: Dialect, changes: RuleChanges = {}, overrides: Partial<Rules> = {}): Rules {
  return { ...presets[dialect], ...changes.all, ...changes[dialect], ...overrides, dialect };
}
