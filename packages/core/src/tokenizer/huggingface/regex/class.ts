// Character classes `[…]` with nesting and intersection.

import { classRange, escapeCode, posixClasses } from "./characters.ts";
import { readEscape } from "./escape.ts";
import type { RegexReader } from "./reader.ts";

const posix = /\[:(\^?)([a-z]+):\]/y;

/** One member of a class: a code point, which may begin a range, or contents ready to be written. */
type Member = number | string;

/** Reads a class after its opening bracket and writes it for the `v` flag. */
export function readClass(reader: RegexReader, ignoreCase: boolean): string {
  const negated = reader.accept("^");
  const operands: string[] = [];
  let contents = "";
  let first = true;
  for (; first || !reader.accept("]"); first = false) {
    if (reader.done) reader.unsupported("a class without its closing bracket");
    if (reader.accept("&&")) {
      operands.push(contents);
      contents = "";
    } else {
      contents += readMembers(reader, ignoreCase, first);
    }
  }
  operands.push(contents);
  const body = operands.length === 1 ? contents : operands.map((operand) => `[${operand}]`).join("&&");
  return `[${negated ? "^" : ""}${body}]`;
}

function readMembers(reader: RegexReader, ignoreCase: boolean, first: boolean): string {
  const member = readMember(reader, ignoreCase, first);
  if (typeof member === "string") return member;
  const isRange =
    reader.peek() === "-" && !/^-(?:\]|&&|$)/.test(reader.source.slice(reader.at, reader.at + 3));
  if (!isRange) return classRange(member, member, ignoreCase);
  reader.next();
  const last = readMember(reader, ignoreCase, false);
  if (typeof last === "string") return `${classRange(member, member, ignoreCase)}${escapeCode(0x2d)}${last}`;
  if (last < member) reader.unsupported("a range that ends before it starts");
  return classRange(member, last, ignoreCase);
}

function readMember(reader: RegexReader, ignoreCase: boolean, first: boolean): Member {
  const named = reader.match(posix);
  if (named !== null) {
    const contents = Object.hasOwn(posixClasses, named[2] ?? "") ? posixClasses[named[2] ?? ""] : undefined;
    if (contents === undefined) reader.unsupported(`the class [:${named[2]}:]`);
    return named[1] === "^" ? `[^${contents}]` : `[${contents}]`;
  }
  const character = reader.next();
  if (character === "[") return readClass(reader, ignoreCase);
  if (character === "]" && !first) reader.unsupported("a stray ]");
  if (character !== "\\") return character.codePointAt(0) as number;
  const escaped = readEscape(reader);
  return escaped.kind === "code" ? escaped.code : escaped.contents;
}
