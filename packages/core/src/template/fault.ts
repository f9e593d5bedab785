// What goes wrong inside a template, before a place in the source is attached. The kind is the name of the Python
// exception, which tells readers of Jinja's documentation what happened; "limit" is ours.

export type FaultKind =
  | "AssertionError"
  | "AttributeError"
  | "FilterArgumentError"
  | "IndexError"
  | "KeyError"
  | "OverflowError"
  | "RecursionError"
  | "SecurityError"
  | "SyntaxError"
  | "TemplateAssertionError"
  | "TemplateError"
  | "TemplateRuntimeError"
  | "TemplateSyntaxError"
  | "TypeError"
  | "UndefinedError"
  | "UnicodeEncodeError"
  | "ValueError"
  | "ZeroDivisionError"
  | "limit";

/** Internal: becomes a TemplateError where the place is known. */
export class Fault extends Error {
  readonly kind: FaultKind;
  /** Source offset, when the thrower knows it. */
  readonly offset: number | undefined;

  constructor(kind: FaultKind, message: string, offset?: number) {
    super(message);
    this.name = "Fault";
    this.kind = kind;
    this.offset = offset;
  }
}

/** Raises a fault. */
export function fault(kind: FaultKind, message: string, offset?: number): never {
  throw new Fault(kind, message, offset);
}

/** Python's complaint when a function looks for a method that the value does not have. */
export function attributeFault(type: string, name: string): never {
  throw new Fault("AttributeError", `'${type}' object has no attribute '${name}'`);
}

export function typeFault(message: string): never {
  throw new Fault("TypeError", message);
}
