// Texts and special tokens in a fixed order.

import { appendEncoded, appendSpecial, type EncodedTokens, emptyEncoded } from "../encoded.ts";
import { invalidTokenizer } from "../faults.ts";
import type { JsonNode } from "../json-node.ts";
import type { PostProcessor } from "./index.ts";

export interface SpecialPiece {
  readonly ids: readonly number[];
  readonly typeId: number;
}

export interface SequencePiece {
  readonly sequence: 0 | 1;
  readonly typeId: number;
}

export type TemplatePiece = SpecialPiece | SequencePiece;

export class TemplateProcessor implements PostProcessor {
  private readonly single: readonly TemplatePiece[];
  private readonly pair: readonly TemplatePiece[];

  constructor(single: readonly TemplatePiece[], pair: readonly TemplatePiece[]) {
    this.single = single;
    this.pair = pair;
  }

  process(texts: readonly EncodedTokens[], addSpecialTokens: boolean): readonly EncodedTokens[] {
    const result = emptyEncoded();
    for (const piece of texts.length > 1 ? this.pair : this.single) {
      if ("sequence" in piece) {
        const text = texts[piece.sequence];
        if (text !== undefined) appendEncoded(result, text, piece.typeId);
      } else if (addSpecialTokens) {
        for (const id of piece.ids) appendSpecial(result, id, piece.typeId);
      }
    }
    return [result];
  }
}

export function readTemplate(node: JsonNode): TemplatePiece[] {
  return readPieces(node.child("single"), node.child("special_tokens"));
}

/** The template of a pair; it must name both texts. */
export function readPairTemplate(node: JsonNode): TemplatePiece[] {
  const pieces = readPieces(node.child("pair"), node.child("special_tokens"));
  for (const sequence of [0, 1]) {
    if (!pieces.some((piece) => "sequence" in piece && piece.sequence === sequence)) {
      throw invalidTokenizer(node.child("pair").path, `the text ${"AB"[sequence]} does not occur.`);
    }
  }
  return pieces;
}

function readPieces(node: JsonNode, specialTokens: JsonNode): TemplatePiece[] {
  if (typeof node.value === "string") {
    return node.value
      .split(/\s+/)
      .filter(Boolean)
      .map((piece) => readShortPiece(piece, node.path, specialTokens));
  }
  return node.list().map((piece) => readPiece(piece, specialTokens));
}

function readPiece(node: JsonNode, specialTokens: JsonNode): TemplatePiece {
  if (typeof node.value === "string") return readShortPiece(node.value, node.path, specialTokens);
  const sequence = node.child("Sequence");
  if (!sequence.isNull) {
    const id = sequence.child("id").choice(["A", "B"]);
    return { sequence: id === "A" ? 0 : 1, typeId: sequence.child("type_id").index() };
  }
  const special = node.child("SpecialToken");
  return specialPiece(
    special.child("id").string(),
    special.child("type_id").index(),
    node.path,
    specialTokens,
  );
}

/** `$A`, `$B:1`, `$0`, `[CLS]`, `[SEP]:1`. */
function readShortPiece(piece: string, path: string, specialTokens: JsonNode): TemplatePiece {
  const [, name = "", type = "0"] = /^(.*?)(?::(\d+))?$/.exec(piece) ?? [];
  const typeId = Number(type);
  if (!name.startsWith("$")) return specialPiece(name, typeId, path, specialTokens);
  if (/^\$\d+$/.test(name)) return { sequence: 0, typeId: Number(name.slice(1)) };
  return { sequence: name.toUpperCase() === "$B" ? 1 : 0, typeId };
}

function specialPiece(name: string, typeId: number, path: string, specialTokens: JsonNode): SpecialPiece {
  const entry = specialTokens.child(name);
  if (entry.isNull)
    throw invalidTokenizer(path, `the special token "${name}" is not in ${specialTokens.path}.`);
  return {
    ids: entry
      .child("ids")
      .list()
      .map((id) => id.index()),
    typeId,
  };
}
