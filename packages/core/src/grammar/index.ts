export { charactersOf, without } from "./characters.ts";
export { endlessRule, expandedSize } from "./check.ts";
export { readEbnf } from "./ebnf-reader.ts";
export { quoted, writeEbnf, writeExpression } from "./ebnf-writer.ts";
export {
  type CharacterRange,
  choice,
  type Expression,
  type Grammar,
  GrammarError,
  mapParts,
  partsOf,
  repeat,
  sequence,
} from "./expression.ts";
export { insideJsonString, isSameInsideJsonString } from "./json-string.ts";
export { readLark } from "./lark.ts";
export { type PatternTest, patternTest, type StepBudget } from "./pattern-test.ts";
export { type RegexOptions, regexExpression } from "./regex.ts";
