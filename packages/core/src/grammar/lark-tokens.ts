// The words of a Lark grammar. A line break counts only where a new rule may begin: outside of brackets, and not before
// a "|". https://lark-parser.readthedocs.io/en/latest/grammar.html

import { GrammarError } from "./expression.ts";

export interface LarkToken {
  readonly kind: "name" | "string" | "regex" | "number" | "sign" | "directive" | "line" | "end";
  readonly text: string;
  /** Where it begins in the source. */
  readonly at: number;
}

const kinds = ["space", "line", "string", "regex", "name", "number", "directive", "sign"] as const;
const word = new RegExp(
  [
    "((?:[ \\t\\f]|\\\\\\r?\\n|\\/\\/[^\\n]*|#[^\\n]*)+)",
    "((?:\\r?\\n[ \\t\\f]*)+)",
    '("(?:\\\\[^\\n]|[^"\\\\\\n])*"i?)',
    // A slash begins a comment where another one follows; in brackets it needs no backslash.
    "(\\/(?!\\/)(?:\\\\[^\\n]|\\[(?:\\\\[^\\n]|[^\\]\\\\\\n])*\\]|[^/\\\\\\n[])+\\/[a-z]*)",
    "(_?[A-Za-z][A-Za-z0-9_]*)",
    "(\\d+)",
    "(%[a-z_]+)",
    "(->|\\.\\.|[:|()[\\]{}?*+~.,<>!-])",
  ].join("|"),
  "y",
);

/** @throws GrammarError for a character that begins nothing. */
export function readLarkTokens(source: string): LarkToken[] {
  const tokens: LarkToken[] = [];
  let depth = 0;
  for (let at = 0; at < source.length; ) {
    const token = tokenAt(source, at);
    at += token.length;
    if (token.kind === "space" || (token.kind === "line" && depth > 0)) continue;
    if (token.kind === "sign") depth = Math.max(0, depth + depthChange(token.text));
    push(tokens, { kind: token.kind, text: token.text, at: at - token.length });
  }
  push(tokens, { kind: "line", text: "\n", at: source.length });
  return [...tokens, { kind: "end", text: "", at: source.length }];
}

function tokenAt(source: string, at: number): { kind: (typeof kinds)[number]; text: string; length: number } {
  word.lastIndex = at;
  const found = word.exec(source);
  const index = found?.slice(1).findIndex((text) => text !== undefined) ?? -1;
  const kind = kinds[index];
  if (found === null || kind === undefined) {
    const what = JSON.stringify(String.fromCodePoint(source.codePointAt(at) as number));
    throw GrammarError.at(source, at, `${what} begins nothing that is known here.`);
  }
  return { kind, text: found[0], length: found[0].length };
}

function depthChange(sign: string): number {
  return "([{".includes(sign) ? 1 : ")]}".includes(sign) ? -1 : 0;
}

/** Adds a token; one line break stands for several, and none before a "|". */
function push(tokens: LarkToken[], token: LarkToken): void {
  const last = tokens.at(-1);
  if (token.kind === "line" && (last === undefined || last.kind === "line")) return;
  if (token.text === "|" && last?.kind === "line") tokens.pop();
  tokens.push(token);
}
