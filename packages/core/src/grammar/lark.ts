// Grammars in Lark's notation, as far as they describe texts: rules, terminals, strings and their ranges, regular
// expressions, alternatives, groups, repetitions, `%ignore`, and `%import common`. What only shapes a tree (aliases, "?"
// and "!" before rules, "_" in names) changes nothing. Everything else is refused by name.
//
// The grammar is read without a lexer: a text belongs to it when the rules can be written out to it. (A lexer that takes
// the longest terminal refuses some of those texts, and accepts no other one.)

import { reachable } from "./check.ts";
import {
  choice,
  type Expression,
  type Grammar,
  GrammarError,
  mapParts,
  repeat,
  sequence,
} from "./expression.ts";
import { commonTerminals } from "./lark-common.ts";
import { larkRange, larkRegex, larkString } from "./lark-literals.ts";
import { type LarkToken, readLarkTokens } from "./lark-tokens.ts";

/**
 * The grammar of a Lark definition; its start is the rule `start`.
 *
 * @throws GrammarError for what cannot be read or expressed: with line and column.
 * @example readLark('start: "a".."c"+ | NUMBER\n%import common.NUMBER')
 */
export function readLark(source: string): Grammar {
  const reader = new LarkReader(source);
  reader.read();
  return reader.grammar();
}

const maxDepth = 200;
/** The rule for everything that `%ignore` names, and the one for a text that begins with it. */
const ignored = "%ignored";
const whole = "%whole";
const isTerminal = (name: string): boolean => /^_?[A-Z]/.test(name);
const ruleNamed = (name: string): Expression => ({ kind: "rule", name });

class LarkReader {
  readonly #source: string;
  readonly #tokens: readonly LarkToken[];
  readonly rules: Map<string, Expression> = new Map();
  readonly #ignored: Expression[] = [];
  readonly #uses: { readonly name: string; readonly inTerminal: boolean; readonly at: number }[] = [];
  readonly #skipsIgnored: boolean;
  /** A terminal is being read, or what is ignored: nothing is ignored inside of it. */
  #inTerminal = false;
  #at = 0;
  #depth = 0;

  constructor(source: string) {
    this.#source = source;
    this.#tokens = readLarkTokens(source);
    this.#skipsIgnored = this.#tokens.some(({ text }) => text === "%ignore");
  }

  read(): void {
    while (this.#next.kind !== "end") {
      // They shape the tree only.
      while (this.#take("?") || this.#take("!"));
      const token = this.#next;
      this.#at++;
      if (token.kind === "directive") this.#directive(token);
      else if (token.kind === "name") this.#definition(token);
      else throw this.#wrong(token, 'expected a rule, such as start: "text"');
      if (this.#next.kind !== "line")
        throw this.#wrong(this.#next, `${this.#describe(this.#next)} is not expected here`);
      this.#at++;
    }
  }

  grammar(): Grammar {
    this.#checkUses();
    const rules = new Map(this.rules);
    if (this.#skipsIgnored) {
      rules.set(ignored, repeat(choice(this.#ignored), 0));
      rules.set(whole, sequence([ruleNamed(ignored), ruleNamed("start")]));
    }
    const start = this.#skipsIgnored ? whole : "start";
    const needed = reachable({ start, rules });
    return { start, rules: new Map([...rules].filter(([name]) => needed.has(name))) };
  }

  #checkUses(): void {
    if (!this.rules.has("start")) {
      throw new GrammarError('no rule is named "start"; a text is what that rule says.', 1, 1);
    }
    for (const { name, inTerminal, at } of this.#uses) {
      if (!this.rules.has(name)) throw this.#wrong({ at }, `there is no rule or terminal "${name}"`);
      if (inTerminal && !isTerminal(name)) {
        throw this.#wrong({ at }, `"${name}" is a rule; terminals and %ignore are made of terminals only`);
      }
    }
  }

  get #next(): LarkToken {
    return this.#tokens[this.#at] as LarkToken;
  }

  #definition(token: LarkToken): void {
    const name = token.text;
    if (this.#take("{")) throw this.#wrong(token, `"${name}" is a template, which is not supported`);
    if (this.#take("[")) throw this.#wrong(token, `"${name}" has attributes, which are not supported`);
    if (this.#take(".")) throw this.#wrong(token, `"${name}" has a priority, which is not supported`);
    if (this.rules.has(name)) throw this.#wrong(token, `"${name}" is defined twice`);
    this.#expect(":");
    this.#inTerminal = isTerminal(name);
    this.rules.set(name, this.#choice());
  }

  #directive(token: LarkToken): void {
    if (token.text === "%import") this.#import(token);
    else if (token.text === "%ignore") {
      this.#inTerminal = true;
      this.#ignored.push(this.#choice());
    } else throw this.#wrong(token, `"${token.text}" is not supported; "%ignore" and "%import common" are`);
  }

  #import(token: LarkToken): void {
    if (!this.#take("common")) throw this.#wrong(this.#next, 'only "common" can be imported');
    const wanted = this.#take(".") ? [this.#imported()] : this.#importedList(token);
    for (const { name, as } of wanted) {
      const brought = inCommon(name.text);
      if (!common().has(brought)) throw this.#wrong(name, `"common" has no terminal "${name.text}"`);
      if (this.rules.has(as)) throw this.#wrong(name, `"${as}" is defined twice`);
      this.rules.set(as, { kind: "rule", name: brought });
    }
    for (const [name, expression] of common()) this.rules.set(name, expression);
  }

  #importedList(token: LarkToken): { name: LarkToken; as: string }[] {
    if (!this.#take("("))
      throw this.#wrong(token, "expected %import common.NAME or %import common (NAME, NAME)");
    const list = [this.#imported()];
    while (this.#take(",")) list.push(this.#imported());
    this.#expect(")");
    return list;
  }

  #imported(): { name: LarkToken; as: string } {
    const name = this.#next;
    if (name.kind !== "name") throw this.#wrong(name, "expected the name of a terminal");
    this.#at++;
    if (!this.#take("->")) return { name, as: name.text };
    const as = this.#next;
    this.#at++;
    if (as.kind !== "name" || !isTerminal(as.text)) throw this.#wrong(as, "expected the name of a terminal");
    return { name, as: as.text };
  }

  #choice(): Expression {
    if (++this.#depth > maxDepth) throw this.#wrong(this.#next, `groups are nested deeper than ${maxDepth}`);
    const options = [this.#alternative()];
    while (this.#take("|")) options.push(this.#alternative());
    this.#depth--;
    return choice(options);
  }

  #alternative(): Expression {
    const parts: Expression[] = [];
    while (!["line", "end"].includes(this.#next.kind) && !["|", ")", "]", "->"].includes(this.#next.text)) {
      parts.push(this.#repeated());
    }
    // A name for the tree.
    if (this.#take("->")) this.#at++;
    return sequence(parts);
  }

  #repeated(): Expression {
    const first = this.#next;
    const item = this.#item();
    if (this.#take("?")) return repeat(item, 0, 1);
    if (this.#take("*")) return repeat(item, 0);
    if (this.#take("+")) return repeat(item, 1);
    if (this.#take("~")) {
      const least = this.#number();
      return this.#times(first, item, least, this.#take("..") ? this.#number() : least);
    }
    return this.#next.text === "{" ? this.#braces(first, item) : item;
  }

  /** `{2}`, `{2,}`, `{,3}` or `{2,3}`. */
  #braces(first: LarkToken, item: Expression): Expression {
    this.#expect("{");
    if (this.#next.kind !== "number" && this.#next.text !== ",")
      throw this.#wrong(first, `"${first.text}" is used as a template, which is not supported`);
    const least = this.#next.text === "," ? 0 : this.#number();
    const most = !this.#take(",") ? least : this.#next.kind === "number" ? this.#number() : undefined;
    this.#expect("}");
    return this.#times(first, item, least, most);
  }

  #times(first: LarkToken, item: Expression, least: number, most: number | undefined): Expression {
    if (most !== undefined && most < least)
      throw this.#wrong(first, `it is repeated ${least} to ${most} times`);
    return repeat(item, least, most);
  }

  #number(): number {
    const token = this.#next;
    if (token.kind !== "number") throw this.#wrong(token, "expected a number of times");
    this.#at++;
    return Number(token.text);
  }

  #item(): Expression {
    const token = this.#next;
    this.#at++;
    if (token.kind === "string") return this.#token(this.#string(token));
    if (token.kind === "regex") return this.#token(larkRegex(this.#source, token));
    if (token.kind === "name") return this.#reference(token);
    if (token.text === "(") {
      const inside = this.#choice();
      this.#expect(")");
      return inside;
    }
    if (token.text === "[") {
      const inside = this.#choice();
      this.#expect("]");
      return repeat(inside, 0, 1);
    }
    if (token.text === "<") throw this.#wrong(token, "special tokens are not supported");
    throw this.#wrong(token, `${this.#describe(token)} is not expected here`);
  }

  #reference({ text: name, at }: LarkToken): Expression {
    this.#uses.push({ name, inTerminal: this.#inTerminal, at });
    return isTerminal(name) ? this.#token(ruleNamed(name)) : ruleNamed(name);
  }

  /** In rules, what is ignored may follow each terminal. */
  #token(expression: Expression): Expression {
    if (!this.#skipsIgnored || this.#inTerminal) return expression;
    return sequence([expression, ruleNamed(ignored)]);
  }

  /** A string, or the range from one to another. */
  #string(token: LarkToken): Expression {
    if (!this.#take("..")) return larkString(this.#source, token);
    const end = this.#next;
    this.#at++;
    return larkRange(this.#source, token, end);
  }

  #take(text: string): boolean {
    const here = this.#next.text === text && this.#next.kind !== "string";
    if (here) this.#at++;
    return here;
  }

  #expect(text: string): void {
    if (!this.#take(text))
      throw this.#wrong(this.#next, `expected "${text}", got ${this.#describe(this.#next)}`);
  }

  #describe({ kind, text }: LarkToken): string {
    return kind === "line"
      ? "the end of the line"
      : kind === "end"
        ? "the end"
        : text.startsWith('"')
          ? text
          : `"${text}"`;
  }

  #wrong({ at }: Pick<LarkToken, "at">, reason: string): GrammarError {
    return GrammarError.at(this.#source, at, `${reason}.`);
  }
}

let commonRules: ReadonlyMap<string, Expression> | undefined;

/** What `common` has, under names that no grammar has. */
function common(): ReadonlyMap<string, Expression> {
  if (commonRules === undefined) {
    const reader = new LarkReader(`start:\n${commonTerminals}`);
    reader.read();
    const rules = [...reader.rules].map(
      ([name, expression]) => [inCommon(name), renamed(expression)] as const,
    );
    commonRules = new Map(rules);
  }
  return commonRules;
}

const inCommon = (name: string): string => `%${name}`;

function renamed(expression: Expression): Expression {
  if (expression.kind === "rule") return ruleNamed(inCommon(expression.name));
  return mapParts(expression, renamed);
}
