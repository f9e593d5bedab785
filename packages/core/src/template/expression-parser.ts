// Expressions, by recursive descent: one method per precedence level, loosest first.

import type { Arguments, ArithmeticOperator, CompareOperator, Expr, FilterExpr } from "./ast.ts";
import { fault } from "./fault.ts";
import type { Token, TokenType } from "./lexer.ts";
import { describeToken, quoted, type TokenStream } from "./token-stream.ts";

const constants: ReadonlyMap<string, boolean | null> = new Map([
  ["true", true],
  ["True", true],
  ["false", false],
  ["False", false],
  ["none", null],
  ["None", null],
]);

export function isConstantName(name: string): boolean {
  return constants.has(name);
}

const comparisons: ReadonlySet<string> = new Set(["==", "!=", "<", "<=", ">", ">="]);
const additive: ReadonlySet<string> = new Set(["+", "-"]);
const multiplicative: ReadonlySet<string> = new Set(["*", "/", "//", "%"]);
const power: ReadonlySet<string> = new Set(["**"]);
/** Tokens that begin the argument of a test written without parentheses. */
const argumentStart: ReadonlySet<string> = new Set(["name", "string", "integer", "float", "(", "[", "{"]);

/** How a tuple without parentheses may be written in the place where it stands. */
export interface TupleRules {
  /** Only names and literals, as in the target of a loop. */
  readonly simplified?: boolean;
  readonly withCondition?: boolean;
  /** A name that ends it. */
  readonly end?: string;
  readonly parenthesized?: boolean;
  readonly withNamespace?: boolean;
}

export class ExpressionParser {
  protected readonly stream: TokenStream;
  private readonly maxDepth: number;
  private depth = 0;

  constructor(stream: TokenStream, maxDepth: number) {
    this.stream = stream;
    this.maxDepth = maxDepth;
  }

  /** Runs `parse` one level deeper. Links of a chain like `a.b.c` count too: they nest when evaluated. */
  protected nested<T>(parse: () => T): T {
    this.deeper();
    const result = parse();
    this.depth--;
    return result;
  }

  private deeper(): void {
    if (++this.depth > this.maxDepth) {
      fault("limit", `nesting is deeper than maxDepth (${this.maxDepth})`, this.stream.current.at);
    }
  }

  expression(withCondition = true): Expr {
    return this.nested(() => (withCondition ? this.condition() : this.or()));
  }

  private condition(): Expr {
    let then = this.or();
    while (this.stream.isName("if")) {
      const { at } = this.stream.next();
      const test = this.or();
      const otherwise = this.stream.skipIfName("else") ? this.nested(() => this.condition()) : null;
      then = { kind: "cond", test, then, otherwise, at };
      this.link(then);
    }
    return then;
  }

  private readonly links: WeakMap<object, number> = new WeakMap();

  /** Bounds chains that nest to the left, where the parser itself does not recurse. */
  private link(node: Expr, inner?: Expr): void {
    const length = (inner === undefined ? 0 : (this.links.get(inner) ?? 0)) + 1;
    this.links.set(node, length);
    if (length > this.maxDepth) {
      fault("limit", `a chain is longer than maxDepth (${this.maxDepth})`, node.at);
    }
  }

  private or(): Expr {
    return this.logical("or", () => this.and());
  }

  private and(): Expr {
    return this.logical("and", () => this.not());
  }

  private logical(kind: "and" | "or", operand: () => Expr): Expr {
    const { at } = this.stream.current;
    const first = operand();
    if (!this.stream.isName(kind)) return first;
    const items = [first];
    while (this.stream.skipIfName(kind)) items.push(operand());
    return { kind, items, at };
  }

  private not(): Expr {
    if (!this.stream.isName("not")) return this.compare();
    const { at } = this.stream.next();
    return { kind: "not", node: this.nested(() => this.not()), at };
  }

  private compare(): Expr {
    const first = this.sum();
    const rest: { operator: CompareOperator; node: Expr; at: number }[] = [];
    for (;;) {
      const { at } = this.stream.current;
      const operator = this.comparison();
      if (operator === undefined) break;
      rest.push({ operator, node: this.sum(), at });
    }
    return rest.length === 0 ? first : { kind: "compare", first, rest, at: rest[0]!.at };
  }

  private comparison(): CompareOperator | undefined {
    const { stream } = this;
    if (comparisons.has(stream.current.type)) return stream.next().type as CompareOperator;
    if (stream.skipIfName("in")) return "in";
    if (!stream.isName("not")) return undefined;
    const following = stream.look();
    if (following.type !== "name" || following.value !== "in") return undefined;
    stream.next();
    stream.next();
    return "not in";
  }

  private sum(): Expr {
    return this.chain(additive, () => this.concat());
  }

  private concat(): Expr {
    const { at } = this.stream.current;
    const first = this.product();
    if (this.stream.current.type !== "~") return first;
    const items = [first];
    while (this.stream.skipIf("~")) items.push(this.product());
    return { kind: "concat", items, at };
  }

  private product(): Expr {
    return this.chain(multiplicative, () => this.chain(power, () => this.unary(true)));
  }

  private chain(operators: ReadonlySet<string>, operand: () => Expr): Expr {
    const { at: start } = this.stream.current;
    const first = operand();
    if (!operators.has(this.stream.current.type)) return first;
    const rest: { operator: ArithmeticOperator; node: Expr; at: number }[] = [];
    while (operators.has(this.stream.current.type)) {
      const { type, at } = this.stream.next();
      rest.push({ operator: type as ArithmeticOperator, node: operand(), at });
    }
    return { kind: "chain", first, rest, at: start };
  }

  private unary(withFilter: boolean): Expr {
    const { type, at } = this.stream.current;
    let node: Expr;
    if (type === "-" || type === "+") {
      this.stream.next();
      const operand = this.nested(() => this.unary(false));
      node = { kind: type === "-" ? "neg" : "pos", node: operand, at };
    } else node = this.primary();
    node = this.postfix(node);
    return withFilter ? this.filters(node) : node;
  }

  protected primary(withNamespace = false): Expr {
    const token = this.stream.current;
    switch (token.type) {
      case "name":
        return this.name(this.stream.next(), withNamespace);
      case "string":
        return this.string();
      case "integer":
        this.stream.next();
        return { kind: "const", value: integerValue(token), at: token.at };
      case "float":
        this.stream.next();
        return { kind: "const", value: { float: Number(token.value.replaceAll("_", "")) }, at: token.at };
      case "(": {
        this.stream.next();
        const node = this.nested(() => this.tuple({ parenthesized: true }));
        this.stream.expect(")");
        return node;
      }
      case "[":
        return this.nested(() => this.list());
      case "{":
        return this.nested(() => this.dict());
      default:
        return this.stream.fail(`unexpected ${quoted(describeToken(token))}`);
    }
  }

  private name(token: Token, withNamespace: boolean): Expr {
    const { value: name, at } = token;
    const constant = constants.get(name);
    if (constant !== undefined) return { kind: "const", value: constant, at };
    if (withNamespace && this.stream.skipIf(".")) {
      return { kind: "nsref", name, attribute: this.stream.expect("name").value, at };
    }
    return { kind: "name", name, use: "load", at };
  }

  private string(): Expr {
    const { at } = this.stream.current;
    let value = "";
    while (this.stream.current.type === "string") value += this.stream.next().value;
    return { kind: "const", value, at };
  }

  /** One expression, or several with commas between them. */
  tuple(rules: TupleRules = {}): Expr {
    const { at } = this.stream.current;
    const items: Expr[] = [];
    let isTuple = false;
    for (;;) {
      if (items.length > 0) this.stream.expect(",");
      if (this.isTupleEnd(rules.end)) break;
      items.push(
        rules.simplified ? this.primary(rules.withNamespace) : this.expression(rules.withCondition ?? true),
      );
      if (this.stream.current.type !== ",") break;
      isTuple = true;
    }
    if (!isTuple) {
      if (items.length > 0) return items[0]!;
      if (!rules.parenthesized) {
        this.stream.fail(`Expected an expression, got ${quoted(describeToken(this.stream.current))}`);
      }
    }
    return { kind: "tuple", items, at };
  }

  private isTupleEnd(name: string | undefined): boolean {
    const { type } = this.stream.current;
    if (type === "variable_end" || type === "block_end" || type === ")") return true;
    return name !== undefined && this.stream.isName(name);
  }

  private list(): Expr {
    const { at } = this.stream.expect("[");
    const items = this.separated("]", () => this.expression());
    return { kind: "list", items, at };
  }

  private dict(): Expr {
    const { at } = this.stream.expect("{");
    const pairs = this.separated("}", () => {
      const key = this.expression();
      this.stream.expect(":");
      return [key, this.expression()] as const;
    });
    return { kind: "dict", pairs, at };
  }

  private separated<T>(end: TokenType, item: () => T): T[] {
    const items: T[] = [];
    while (this.stream.current.type !== end) {
      if (items.length > 0) this.stream.expect(",");
      if (this.stream.current.type === end) break;
      items.push(item());
    }
    this.stream.expect(end);
    return items;
  }

  private postfix(start: Expr): Expr {
    let node = start;
    for (;;) {
      const { type } = this.stream.current;
      const inner = node;
      if (type === "." || type === "[") node = this.nested(() => this.subscript(inner));
      else if (type === "(") node = this.nested(() => this.call(inner));
      else return node;
      this.link(node, inner);
    }
  }

  private filters(start: Expr): Expr {
    let node = start;
    for (;;) {
      const { type } = this.stream.current;
      const inner = node;
      if (type === "|") node = this.nested(() => this.filter(inner));
      else if (this.stream.isName("is")) node = this.nested(() => this.test(inner));
      else if (type === "(") node = this.nested(() => this.call(inner));
      else return node;
      this.link(node, inner);
    }
  }

  private subscript(node: Expr): Expr {
    const { type, at } = this.stream.next();
    if (type === ".") {
      const attribute = this.stream.next();
      if (attribute.type === "name") return { kind: "getattr", node, name: attribute.value, at };
      if (attribute.type !== "integer") this.stream.fail("expected name or number", attribute.at);
      const arg: Expr = { kind: "const", value: integerValue(attribute), at: attribute.at };
      return { kind: "getitem", node, arg, at };
    }
    const args: Expr[] = [];
    while (this.stream.current.type !== "]") {
      if (args.length > 0) this.stream.expect(",");
      args.push(this.subscribed());
    }
    this.stream.expect("]");
    const arg: Expr = args.length === 1 ? args[0]! : { kind: "tuple", items: args, at };
    return { kind: "getitem", node, arg, at };
  }

  /** An index, or a slice with up to three parts. */
  private subscribed(): Expr {
    const { at } = this.stream.current;
    let start: Expr | null = null;
    if (!this.stream.skipIf(":")) {
      start = this.expression();
      if (!this.stream.skipIf(":")) return start;
    }
    const stop = this.slicePart();
    const step = this.stream.skipIf(":") ? this.slicePart() : null;
    return { kind: "slice", start, stop, step, at };
  }

  private slicePart(): Expr | null {
    const { type } = this.stream.current;
    return type === ":" || type === "]" || type === "," ? null : this.expression();
  }

  private call(node: Expr): Expr {
    const { at } = this.stream.current;
    return { kind: "call", node, ...this.callArguments(), at };
  }

  private isNext(type: TokenType): boolean {
    return this.stream.current.type === type;
  }

  private callArguments(): Arguments {
    const { at } = this.stream.expect("(");
    const args: Expr[] = [];
    const kwargs: { name: string; value: Expr }[] = [];
    let dynArgs: Expr | null = null;
    let dynKwargs: Expr | null = null;
    const ensure = (allowed: boolean): void => {
      if (!allowed) this.stream.fail("invalid syntax for function call expression", at);
    };
    for (let first = true; !this.isNext(")"); first = false) {
      if (!first) {
        this.stream.expect(",");
        if (this.isNext(")")) break;
      }
      if (this.stream.skipIf("*")) {
        ensure(dynArgs === null && dynKwargs === null);
        dynArgs = this.expression();
      } else if (this.stream.skipIf("**")) {
        ensure(dynKwargs === null);
        dynKwargs = this.expression();
      } else if (this.stream.current.type === "name" && this.stream.look().type === "=") {
        ensure(dynKwargs === null);
        const name = this.stream.next().value;
        this.stream.next();
        kwargs.push({ name, value: this.expression() });
      } else {
        ensure(dynArgs === null && dynKwargs === null && kwargs.length === 0);
        args.push(this.expression());
      }
    }
    this.stream.expect(")");
    return { args, kwargs, dynArgs, dynKwargs };
  }

  private filter(node: Expr): Expr {
    this.stream.expect("|");
    return this.filterCall(node);
  }

  private filterCall(node: Expr | null): FilterExpr {
    const { at } = this.stream.current;
    const name = this.dottedName();
    const args = this.stream.current.type === "(" ? this.callArguments() : noArguments;
    return { kind: "filter", node, name, ...args, at };
  }

  /** Filters applied to a block: `upper | trim`, or with a bar before the first one. */
  protected blockFilters(inline: boolean): FilterExpr | null {
    let filter: FilterExpr | null = inline ? this.filterCall(null) : null;
    while (this.stream.skipIf("|")) {
      const inner: FilterExpr | null = filter;
      filter = this.filterCall(inner);
      this.link(filter, inner ?? undefined);
    }
    return filter;
  }

  private dottedName(): string {
    let name = this.stream.expect("name").value;
    while (this.stream.skipIf(".")) name += `.${this.stream.expect("name").value}`;
    return name;
  }

  private test(node: Expr): Expr {
    const { at } = this.stream.next();
    const negated = this.stream.skipIfName("not");
    const name = this.dottedName();
    const test: Expr = { kind: "test", node, name, ...this.testArguments(), at };
    return negated ? { kind: "not", node: test, at } : test;
  }

  private testArguments(): Arguments {
    const { stream } = this;
    if (stream.current.type === "(") return this.callArguments();
    const isArgument =
      argumentStart.has(stream.current.type) &&
      !(stream.isName("else") || stream.isName("or") || stream.isName("and"));
    if (!isArgument) return noArguments;
    if (stream.isName("is")) stream.fail("You cannot chain multiple tests with is");
    return { ...noArguments, args: [this.nested(() => this.postfix(this.primary()))] };
  }
}

const noArguments: Arguments = { args: [], kwargs: [], dynArgs: null, dynKwargs: null };

const maxDigits = 4300;

function integerValue(token: Token): number | bigint {
  const digits = token.value.replaceAll("_", "");
  if (digits.length > maxDigits) {
    fault(
      "TemplateSyntaxError",
      `Exceeds the limit (${maxDigits} digits) for integer string conversion`,
      token.at,
    );
  }
  const value = BigInt(digits);
  const number = Number(value);
  return Number.isSafeInteger(number) ? number : value;
}
