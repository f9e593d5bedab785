// A guess from the syntax of a template whether it goes through the parts of a message's content, for templates that
// cannot be tried out. The rule is the one that other servers use.

import type { Expr, Node, Stmt } from "./ast.ts";
import { childNodes, someNode } from "./children.ts";
import { defaultLimits } from "./limits.ts";
import { parseTemplate } from "./parser.ts";

/** True when the source treats content as a list. It must compile. */
export function looksLikeParts(source: string): boolean {
  const body = parseTemplate(source, defaultLimits.maxDepth);
  const messages = messageVariables(body);
  const isContent = (node: Node): boolean => isContentOf(node, messages);
  return (
    someNode(body, (node) => node.kind === "for" && someNode([node.iter], isContent)) ||
    someNode(body, (node) => conditionsAndPrints(node).some((part) => indexesContent(part, isContent))) ||
    someNode(body, (node) => node.kind === "macro" && isPartMacro(node.body))
  );
}

/** Loop variables of `for … in messages`. */
function messageVariables(body: readonly Stmt[]): ReadonlySet<string> {
  const names = new Set<string>();
  const visit = (node: Node): void => {
    if (node.kind === "for" && node.target.kind === "name") {
      if (someNode([node.iter], (part) => part.kind === "name" && part.name === "messages"))
        names.add(node.target.name);
    }
    for (const child of childNodes(node)) visit(child);
  };
  for (const node of body) visit(node);
  return names;
}

/** `message.content`, `message['content']`, or a variable called `content`. */
function isContentOf(node: Node, messages: ReadonlySet<string>): boolean {
  if (node.kind === "name") return node.name === "content";
  if (node.kind === "getattr") return node.name === "content" && isMessage(node.node, messages);
  if (node.kind !== "getitem" || node.arg.kind !== "const") return false;
  return node.arg.value === "content" && isMessage(node.node, messages);
}

function isMessage(node: Expr, messages: ReadonlySet<string>): boolean {
  return node.kind === "name" && messages.has(node.name);
}

function conditionsAndPrints(node: Node): Node[] {
  if (node.kind === "if") return node.branches.map(({ test }) => test);
  return node.kind === "output" ? node.items.filter((item) => item.kind !== "data") : [];
}

/** A numeric subscript or the length of content, anywhere in an expression. */
function indexesContent(expression: Node, isContent: (node: Node) => boolean): boolean {
  return someNode([expression], (node) => {
    if (node.kind === "getitem") {
      return node.arg.kind === "const" && typeof node.arg.value === "number" && isContent(node.node);
    }
    return node.kind === "filter" && node.name === "length" && node.node !== null && isContent(node.node);
  });
}

/** The body of a macro that tells kinds of parts apart and loops over them. */
function isPartMacro(body: readonly Stmt[]): boolean {
  const hasTest = someNode(
    body,
    (node) => node.kind === "if" && node.branches.some(({ test }) => test.kind === "test"),
  );
  return hasTest && someNode(body, (node) => node.kind === "for");
}
