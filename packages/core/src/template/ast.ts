// The syntax tree. `at` is the source offset that an error in the node points to.

export type Expr =
  | ConstExpr
  | NameExpr
  | NamespaceRef
  | { readonly kind: "tuple" | "list"; readonly items: Expr[]; readonly at: number }
  | { readonly kind: "dict"; readonly pairs: (readonly [Expr, Expr])[]; readonly at: number }
  | CondExpr
  | ChainExpr
  | { readonly kind: "and" | "or"; readonly items: Expr[]; readonly at: number }
  | { readonly kind: "concat"; readonly items: Expr[]; readonly at: number }
  | { readonly kind: "not" | "neg" | "pos"; readonly node: Expr; readonly at: number }
  | CompareExpr
  | { readonly kind: "getattr"; readonly node: Expr; readonly name: string; readonly at: number }
  | { readonly kind: "getitem"; readonly node: Expr; readonly arg: Expr; readonly at: number }
  | SliceExpr
  | CallExpr
  | FilterExpr
  | TestExpr;

export interface ConstExpr {
  readonly kind: "const";
  readonly value: null | boolean | string | number | bigint | { readonly float: number };
  readonly at: number;
}

export interface NameExpr {
  readonly kind: "name";
  readonly name: string;
  readonly use: "load" | "store" | "param";
  readonly at: number;
}

/** `ns.name` as the target of a `set`. */
export interface NamespaceRef {
  readonly kind: "nsref";
  readonly name: string;
  readonly attribute: string;
  readonly at: number;
}

export interface CondExpr {
  readonly kind: "cond";
  readonly test: Expr;
  readonly then: Expr;
  readonly otherwise: Expr | null;
  readonly at: number;
}

export type ArithmeticOperator = "+" | "-" | "*" | "/" | "//" | "%" | "**";

/** Operators of one precedence level, applied from left to right: long chains need no recursion. */
export interface ChainExpr {
  readonly kind: "chain";
  readonly first: Expr;
  readonly rest: { readonly operator: ArithmeticOperator; readonly node: Expr; readonly at: number }[];
  readonly at: number;
}

export type CompareOperator = "==" | "!=" | "<" | "<=" | ">" | ">=" | "in" | "not in";

export interface CompareExpr {
  readonly kind: "compare";
  readonly first: Expr;
  readonly rest: { readonly operator: CompareOperator; readonly node: Expr; readonly at: number }[];
  readonly at: number;
}

export interface SliceExpr {
  readonly kind: "slice";
  readonly start: Expr | null;
  readonly stop: Expr | null;
  readonly step: Expr | null;
  readonly at: number;
}

export interface Arguments {
  readonly args: Expr[];
  readonly kwargs: { readonly name: string; readonly value: Expr }[];
  readonly dynArgs: Expr | null;
  readonly dynKwargs: Expr | null;
}

export interface CallExpr extends Arguments {
  readonly kind: "call";
  readonly node: Expr;
  readonly at: number;
}

export interface FilterExpr extends Arguments {
  readonly kind: "filter";
  /** Null stands for the text of a filter block or `set` block. */
  readonly node: Expr | null;
  readonly name: string;
  readonly at: number;
}

export interface TestExpr extends Arguments {
  readonly kind: "test";
  readonly node: Expr;
  readonly name: string;
  readonly at: number;
}

export type Stmt =
  | { readonly kind: "output"; readonly items: (Data | Expr)[]; readonly at: number }
  | ForStmt
  | IfStmt
  | { readonly kind: "set"; readonly target: Expr; readonly value: Expr; readonly at: number }
  | SetBlock
  | MacroStmt
  | CallBlock
  | { readonly kind: "filterblock"; readonly filter: FilterExpr; readonly body: Stmt[]; readonly at: number }
  | WithStmt
  | { readonly kind: "generation"; readonly body: Stmt[]; readonly at: number }
  | { readonly kind: "autoescape"; readonly value: Expr; readonly body: Stmt[]; readonly at: number }
  | BlockStmt
  | { readonly kind: "break" | "continue"; readonly at: number }
  | LoaderStmt;

export interface Data {
  readonly kind: "data";
  readonly value: string;
  readonly at: number;
}

export interface ForStmt {
  readonly kind: "for";
  readonly target: Expr;
  readonly iter: Expr;
  readonly test: Expr | null;
  readonly recursive: boolean;
  readonly body: Stmt[];
  readonly otherwise: Stmt[];
  readonly at: number;
}

export interface IfStmt {
  readonly kind: "if";
  /** The `if` and each `elif`. */
  readonly branches: { readonly test: Expr; readonly body: Stmt[] }[];
  readonly otherwise: Stmt[];
  readonly at: number;
}

export interface SetBlock {
  readonly kind: "setblock";
  readonly target: Expr;
  readonly filter: FilterExpr | null;
  readonly body: Stmt[];
  readonly at: number;
}

export interface Signature {
  readonly params: NameExpr[];
  /** Defaults of the last parameters. */
  readonly defaults: Expr[];
}

export interface MacroStmt extends Signature {
  readonly kind: "macro";
  readonly name: string;
  readonly body: Stmt[];
  readonly at: number;
}

export interface CallBlock extends Signature {
  readonly kind: "callblock";
  readonly call: CallExpr;
  readonly body: Stmt[];
  readonly at: number;
}

export interface WithStmt {
  readonly kind: "with";
  readonly targets: Expr[];
  readonly values: Expr[];
  readonly body: Stmt[];
  readonly at: number;
}

export interface BlockStmt {
  readonly kind: "block";
  readonly name: string;
  readonly scoped: boolean;
  readonly required: boolean;
  readonly body: Stmt[];
  readonly at: number;
}

/** `include`, `import`, `from` or `extends`: there is nothing to load from, so executing one fails. */
export interface LoaderStmt {
  readonly kind: "loader";
  readonly template: Expr;
  /** Names that an import would define. */
  readonly targets: string[];
  readonly at: number;
}

export type Node = Expr | Stmt | Data;
