// A header taken apart: channels, a constrained content type, and words. Works on ids, so that a marker's text spelled
// in ordinary tokens is no marker.

import { channelToken } from "./tokens.ts";
import { isUnicodeSpace } from "./white-space.ts";

/** One token of a header: a marker (`id`), or text (`id` -1) that may be empty while a character is incomplete. */
export interface HeaderPiece {
  readonly id: number;
  readonly text: string;
  /** Half-open range over everything fed. */
  readonly start: number;
  readonly end: number;
}

/** A marker, or the text of all tokens between two markers. */
export type HeaderUnit = { readonly marker: number; readonly text: string };

export interface HeaderElement {
  readonly kind: "channel" | "constrain" | "word";
  /** The channel's value, the word after the constrain marker, or the word; may be empty for the first two. */
  readonly text: string;
  /** It ends where the header ends so far, so it may still grow. */
  readonly open: boolean;
}

/** Marker and text units in turn. */
export function headerUnits(pieces: readonly HeaderPiece[]): HeaderUnit[] {
  const units: { marker: number; text: string }[] = [];
  for (const piece of pieces) {
    const last = units.at(-1);
    if (piece.id === -1 && last?.marker === -1) last.text += piece.text;
    else units.push({ marker: piece.id, text: piece.text });
  }
  return units;
}

/** Length of the leading part of `text` that is no white space and none of `stops`. */
export function runLength(text: string, from: number, stops: string): number {
  let at = from;
  while (at < text.length && !isUnicodeSpace(text[at]!) && !stops.includes(text[at]!)) at++;
  return at - from;
}

/** Offset of the first character from `from` on that is no white space. */
export function skipSpace(text: string, from: number): number {
  let at = from;
  while (at < text.length && isUnicodeSpace(text[at]!)) at++;
  return at;
}

/** The elements of a header in order. */
export function headerElements(units: readonly HeaderUnit[]): HeaderElement[] {
  const elements: HeaderElement[] = [];
  let owner: "channel" | "constrain" | undefined;
  units.forEach(({ marker, text }, index) => {
    const isLast = index === units.length - 1;
    if (marker !== -1) {
      if (owner !== undefined) elements.push({ kind: owner, text: "", open: false });
      owner = marker === channelToken ? "channel" : "constrain";
      if (isLast) elements.push({ kind: owner, text: "", open: true });
      return;
    }
    const from = owner === undefined ? 0 : pushValue(elements, owner, text, isLast);
    pushWords(elements, text, from, isLast);
    owner = undefined;
  });
  return elements;
}

/** Adds the value that a marker takes from the text after it; returns where the rest begins. */
function pushValue(
  elements: HeaderElement[],
  kind: "channel" | "constrain",
  text: string,
  isLast: boolean,
): number {
  const start = kind === "channel" ? 0 : skipSpace(text, 0);
  const end = start + runLength(text, start, kind === "channel" ? "<" : "");
  elements.push({ kind, text: text.slice(start, end), open: isLast && end === text.length });
  return end;
}

function pushWords(elements: HeaderElement[], text: string, from: number, isLast: boolean): void {
  let at = skipSpace(text, from);
  while (at < text.length) {
    const end = at + runLength(text, at, "");
    elements.push({ kind: "word", text: text.slice(at, end), open: isLast && end === text.length });
    at = skipSpace(text, end);
  }
}
