// Statements: tags and what stands between them.

import type { CallBlock, Data, Expr, ForStmt, IfStmt, LoaderStmt, NameExpr, Signature, Stmt } from "./ast.ts";
import { ExpressionParser, isConstantName } from "./expression-parser.ts";
import { fault } from "./fault.ts";
import { tokenize } from "./lexer.ts";
import { quoted, TokenStream } from "./token-stream.ts";

/** Parses normalised source. */
export function parseTemplate(source: string, maxDepth: number): Stmt[] {
  return new Parser(new TokenStream(tokenize(source)), maxDepth).statements(null);
}

/** Names of nodes in Jinja's messages. */
const nodeNames: Readonly<Record<string, string>> = {
  const: "const",
  list: "list",
  dict: "dict",
  name: "name",
  tuple: "tuple",
};

class Parser extends ExpressionParser {
  /** Tags that are open, innermost last, and the tags that may end them. */
  private readonly openTags: string[] = [];
  private readonly endTags: (readonly string[])[] = [];

  private readonly tags: Readonly<Record<string, (at: number) => Stmt>> = {
    for: (at) => this.forLoop(at),
    if: (at) => this.ifBlock(at),
    set: (at) => this.set(at),
    macro: (at) => this.macro(at),
    call: (at) => this.callBlock(at),
    filter: (at) => this.filterBlock(at),
    with: (at) => this.with(at),
    block: (at) => this.block(at),
    print: (at) => this.print(at),
    autoescape: (at) => this.autoescape(at),
    generation: (at) => ({ kind: "generation", body: this.body("endgeneration"), at }),
    break: (at) => ({ kind: "break", at }),
    continue: (at) => ({ kind: "continue", at }),
    include: (at) => this.include(at),
    import: (at) => this.import(at),
    from: (at) => this.from(at),
    extends: (at) => ({ kind: "loader", template: this.expression(), targets: [], at }),
  };

  /** Statements up to one of `ends` (null: the end of the template), whose name is then the current token. */
  statements(ends: readonly string[] | null): Stmt[] {
    if (ends !== null) this.endTags.push(ends);
    const body: Stmt[] = [];
    let items: (Data | Expr)[] = [];
    const flush = (): void => {
      if (items.length > 0) body.push({ kind: "output", items, at: items[0]!.at });
      items = [];
    };
    for (;;) {
      const token = this.stream.current;
      if (token.type === "eof") break;
      this.stream.next();
      if (token.type === "data") items.push({ kind: "data", value: token.value, at: token.at });
      else if (token.type === "variable_begin") {
        items.push(this.tuple());
        this.stream.expect("variable_end");
      } else {
        flush();
        if (ends?.some((end) => this.stream.isName(end))) break;
        body.push(this.nested(() => this.statement()));
        this.stream.expect("block_end");
      }
    }
    flush();
    if (ends !== null) this.endTags.pop();
    return body;
  }

  private statement(): Stmt {
    const token = this.stream.current;
    if (token.type !== "name") this.stream.fail("tag name expected");
    const parse = Object.hasOwn(this.tags, token.value) ? this.tags[token.value] : undefined;
    if (parse === undefined) return this.failOpen(token.value, this.endTags, token.at);
    this.openTags.push(token.value);
    this.stream.next();
    const statement = parse(token.at);
    this.openTags.pop();
    return statement;
  }

  /** Says which tags would have been right. `name` is the unknown tag, null at the end of the template. */
  private failOpen(name: string | null, stack: readonly (readonly string[])[], at: number): never {
    const message = [
      name === null ? "Unexpected end of template." : `Encountered unknown tag ${quoted(name)}.`,
    ];
    const looking = stack.at(-1)?.map(quoted).join(" or ");
    if (looking !== undefined) {
      message.push(
        name !== null && stack.flat().includes(name)
          ? `You probably made a nesting mistake. Jinja is expecting this tag, but currently looking for ${looking}.`
          : `Jinja was looking for the following tags: ${looking}.`,
      );
    }
    const innermost = this.openTags.at(-1);
    if (innermost !== undefined) {
      message.push(`The innermost block that needs to be closed is ${quoted(innermost)}.`);
    }
    return this.stream.fail(message.join(" "), at);
  }

  /** The body of a tag, up to one of `ends`, which stays the current token. */
  private bodyUntil(...ends: string[]): Stmt[] {
    this.stream.skipIf(":");
    this.stream.expect("block_end");
    const body = this.statements(ends);
    if (this.stream.current.type === "eof")
      this.failOpen(null, [...this.endTags, ends], this.stream.current.at);
    return body;
  }

  private body(end: string): Stmt[] {
    const body = this.bodyUntil(end);
    this.stream.next();
    return body;
  }

  private forLoop(at: number): ForStmt {
    const target = this.target({ end: "in" });
    this.stream.expectName("in");
    const iter = this.tuple({ withCondition: false, end: "recursive" });
    const test = this.stream.skipIfName("if") ? this.expression() : null;
    const recursive = this.stream.skipIfName("recursive");
    const body = this.bodyUntil("endfor", "else");
    const otherwise = this.stream.next().value === "endfor" ? [] : this.body("endfor");
    return { kind: "for", target, iter, test, recursive, body, otherwise, at };
  }

  private ifBlock(at: number): IfStmt {
    const branches: { test: Expr; body: Stmt[] }[] = [];
    for (;;) {
      const test = this.tuple({ withCondition: false });
      branches.push({ test, body: this.bodyUntil("elif", "else", "endif") });
      const end = this.stream.next().value;
      if (end === "elif") continue;
      return { kind: "if", branches, otherwise: end === "else" ? this.body("endif") : [], at };
    }
  }

  private set(at: number): Stmt {
    const target = this.target({ withNamespace: true });
    if (this.stream.skipIf("=")) return { kind: "set", target, value: this.tuple(), at };
    const filter = this.blockFilters(false);
    return { kind: "setblock", target, filter, body: this.body("endset"), at };
  }

  /** What is assigned to: a name, a namespace attribute, or a tuple of them. */
  private target(rules: { readonly end?: string; readonly withNamespace?: boolean }): Expr {
    return asTarget(this.tuple({ ...rules, simplified: true }), "store");
  }

  private nameTarget(): string {
    const { value: name, at } = this.stream.expect("name");
    if (isConstantName(name)) fault("TemplateSyntaxError", "can't assign to 'name'", at);
    return name;
  }

  private macro(at: number): Stmt {
    const name = this.nameTarget();
    return { kind: "macro", name, ...this.signature(), body: this.body("endmacro"), at };
  }

  private signature(): Signature {
    const params: NameExpr[] = [];
    const defaults: Expr[] = [];
    this.stream.expect("(");
    while (this.stream.current.type !== ")") {
      if (params.length > 0) this.stream.expect(",");
      const { at } = this.stream.current;
      params.push({ kind: "name", name: this.nameTarget(), use: "param", at });
      if (this.stream.skipIf("=")) defaults.push(this.expression());
      else if (defaults.length > 0) this.stream.fail("non-default argument follows default argument");
    }
    this.stream.expect(")");
    return { params, defaults };
  }

  private callBlock(at: number): CallBlock {
    const signature = this.stream.current.type === "(" ? this.signature() : { params: [], defaults: [] };
    const call = this.expression();
    if (call.kind !== "call") return this.stream.fail("expected call", call.at);
    return { kind: "callblock", ...signature, call, body: this.body("endcall"), at };
  }

  private filterBlock(at: number): Stmt {
    const filter = this.blockFilters(true);
    if (filter === null) return this.stream.fail("filter name expected");
    return { kind: "filterblock", filter, body: this.body("endfilter"), at };
  }

  private with(at: number): Stmt {
    const targets: Expr[] = [];
    const values: Expr[] = [];
    while (this.stream.current.type !== "block_end") {
      if (targets.length > 0) this.stream.expect(",");
      targets.push(asTarget(this.tuple({ simplified: true }), "param"));
      this.stream.expect("=");
      values.push(this.expression());
    }
    return { kind: "with", targets, values, body: this.body("endwith"), at };
  }

  private block(at: number): Stmt {
    const name = this.stream.expect("name").value;
    const scoped = this.stream.skipIfName("scoped");
    const required = this.stream.skipIfName("required");
    if (this.stream.current.type === "-") {
      this.stream.fail(
        "Block names in Jinja have to be valid Python identifiers and may not contain hyphens, use an underscore instead.",
      );
    }
    const body = this.body("endblock");
    if (required && !body.every(isBlank)) {
      this.stream.fail("Required blocks can only contain comments or whitespace");
    }
    this.stream.skipIfName(name);
    return { kind: "block", name, scoped, required, body, at };
  }

  private print(at: number): Stmt {
    const items: Expr[] = [];
    while (this.stream.current.type !== "block_end") {
      if (items.length > 0) this.stream.expect(",");
      items.push(this.expression());
    }
    return { kind: "output", items, at };
  }

  private autoescape(at: number): Stmt {
    return { kind: "autoescape", value: this.expression(), body: this.body("endautoescape"), at };
  }

  private include(at: number): LoaderStmt {
    const template = this.expression();
    if (this.stream.isName("ignore") && this.stream.look().value === "missing") {
      this.stream.next();
      this.stream.next();
    }
    this.importContext();
    return { kind: "loader", template, targets: [], at };
  }

  private importContext(): boolean {
    const isContext = this.stream.isName("with") || this.stream.isName("without");
    if (!isContext || this.stream.look().value !== "context") return false;
    this.stream.next();
    this.stream.next();
    return true;
  }

  private import(at: number): LoaderStmt {
    const template = this.expression();
    this.stream.expectName("as");
    const targets = [this.nameTarget()];
    this.importContext();
    return { kind: "loader", template, targets, at };
  }

  private from(at: number): LoaderStmt {
    const template = this.expression();
    this.stream.expectName("import");
    const targets: string[] = [];
    for (;;) {
      if (targets.length > 0) this.stream.expect(",");
      if (this.importContext()) break;
      const nameAt = this.stream.current.at;
      const name = this.nameTarget();
      if (name.startsWith("_")) {
        fault("TemplateAssertionError", "names starting with an underline can not be imported", nameAt);
      }
      targets.push(this.stream.skipIfName("as") ? this.nameTarget() : name);
      if (this.importContext() || this.stream.current.type !== ",") break;
    }
    return { kind: "loader", template, targets, at };
  }
}

/** The expression as something to assign to. */
function asTarget(node: Expr, use: "store" | "param"): Expr {
  if (node.kind === "name") return { ...node, use };
  if (node.kind === "nsref") return node;
  if (node.kind === "tuple" && node.items.every(isAssignable)) {
    return { ...node, items: node.items.map((item) => asTarget(item, use)) };
  }
  return fault("TemplateSyntaxError", `can't assign to '${nodeNames[node.kind] ?? node.kind}'`, node.at);
}

function isAssignable(node: Expr): boolean {
  return (
    node.kind === "name" || node.kind === "nsref" || (node.kind === "tuple" && node.items.every(isAssignable))
  );
}

function isBlank(node: Stmt): boolean {
  return (
    node.kind === "output" && node.items.every((item) => item.kind === "data" && item.value.trim() === "")
  );
}
