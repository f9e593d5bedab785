// Strings, ranges and regular expressions of a Lark grammar.

import { type Expression, GrammarError, sequence } from "./expression.ts";
import type { LarkToken } from "./lark-tokens.ts";
import { bothCases, regexExpression } from "./regex.ts";

const controls: Readonly<Record<string, string>> = {
  n: "\n",
  r: "\r",
  t: "\t",
  f: "\f",
  v: "\v",
  b: "\b",
};
const escapes = /\\(?:x([0-9a-fA-F]{2})|u([0-9a-fA-F]{4})|U([0-9a-fA-F]{8})|(.))/gsu;

/** `"text"`, or `"text"i` in either case. */
export function larkString(source: string, token: LarkToken): Expression {
  const text = unquoted(source, token);
  if (!token.text.endsWith("i")) return { kind: "text", text };
  return sequence(
    Array.from(text, (character): Expression => {
      const code = character.codePointAt(0) as number;
      const ranges = bothCases([code, code]);
      if (ranges === undefined)
        throw wrong(source, token, "letters outside ASCII cannot be taken in either case");
      return ranges.length === 1
        ? { kind: "text", text: character }
        : { kind: "class", negated: false, ranges };
    }),
  );
}

/** `"a".."z"` */
export function larkRange(source: string, from: LarkToken, to: LarkToken): Expression {
  const ends = [from, to].map((token) => (token.text.endsWith('"') ? unquoted(source, token) : ""));
  const codes = ends.flatMap((end) => (Array.from(end).length === 1 ? [end.codePointAt(0) as number] : []));
  const [first, last] = codes;
  if (first === undefined || last === undefined)
    throw wrong(source, from, "a range goes from one character to another");
  if (last < first) throw wrong(source, from, "the range ends before it begins");
  return { kind: "class", negated: false, ranges: [[first, last]] };
}

/** `/pattern/flags` */
export function larkRegex(source: string, token: LarkToken): Expression {
  const end = token.text.lastIndexOf("/");
  const flags = token.text.slice(end + 1);
  const unknown = flags.replace(/[isu]/g, "")[0];
  if (unknown !== undefined)
    throw wrong(source, token, `the flag "${unknown}" is not supported; i and s are`);
  try {
    const options = { ignoreCase: flags.includes("i"), dotAll: flags.includes("s") };
    return regexExpression(token.text.slice(1, end), options);
  } catch (error) {
    if (!(error instanceof GrammarError)) throw error;
    throw GrammarError.at(source, token.at + error.column, error.reason);
  }
}

function unquoted(source: string, token: LarkToken): string {
  const inside = token.text.replace(/i$/, "").slice(1, -1);
  return inside.replace(escapes, (all, two, four, eight, other) => {
    const code = Number.parseInt(two ?? four ?? eight ?? "", 16);
    if (code <= 0x10ffff) return String.fromCodePoint(code);
    const control = controls[other];
    if (control !== undefined) return control;
    if (other === undefined || /[A-Za-z0-9]/.test(other)) throw wrong(source, token, `"${all}" is no escape`);
    return other;
  });
}

function wrong(source: string, { at }: LarkToken, reason: string): GrammarError {
  return GrammarError.at(source, at, `${reason}.`);
}
