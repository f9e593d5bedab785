// The pipeline of a tokenizer.json: added tokens are cut out, the rest is normalized, cut again at added tokens that
// match normalized text, pre-tokenized, and given to the model piece by piece.

import { type AddedToken, AddedTokenMatcher, type Segment, type TokenFilter } from "./added-tokens.ts";
import { AlignedText } from "./aligned-text.ts";
import { ByteLevelEncoder } from "./byte-level-encoder.ts";
import { type EncodedTokens, emptyEncoded } from "./encoded.ts";
import type { IdSink } from "./id-sink.ts";
import { PieceMemo, PieceTokens, type TokenModel } from "./models/index.ts";
import type { Normalizer } from "./normalizers/index.ts";
import type { PreTokenizer } from "./pretokenizers/index.ts";

export interface PipelineParts {
  readonly addedTokens: readonly AddedToken[];
  readonly normalizer: Normalizer | undefined;
  readonly preTokenizers: readonly PreTokenizer[];
  readonly model: TokenModel;
}

export class Pipeline {
  private readonly parts: PipelineParts;
  private readonly raw: AddedTokenMatcher;
  private readonly normalized: AddedTokenMatcher;
  private readonly fast: ByteLevelEncoder | undefined;
  private readonly memo: PieceMemo;
  private readonly tokens = new PieceTokens();

  constructor(parts: PipelineParts) {
    this.parts = parts;
    const { addedTokens, normalizer } = parts;
    this.raw = new AddedTokenMatcher(
      addedTokens.filter((token) => !token.normalized),
      (token) => token.content,
    );
    this.normalized = new AddedTokenMatcher(
      addedTokens.filter((token) => token.normalized),
      (token) => normalizer?.normalize(token.content) ?? token.content,
    );
    this.fast = ByteLevelEncoder.of(parts.preTokenizers, parts.model);
    this.memo = new PieceMemo(parts.model);
  }

  /** Sends the IDs of `text` to `sink`; of the added tokens only those that `wanted` lets through are matched. */
  encode(text: string, wanted: TokenFilter, sink: IdSink): void {
    const { normalizer } = this.parts;
    for (const outer of segmentsOf(this.raw, text, wanted)) {
      if (outer.token !== undefined) {
        if (!sink.add([outer.token.id], 1)) return;
        continue;
      }
      const source = text.slice(outer.start, outer.end);
      const content = normalizer === undefined ? source : normalizer.normalize(source);
      for (const inner of segmentsOf(this.normalized, content, wanted)) {
        const more =
          inner.token === undefined
            ? this.encodePlain(content.slice(inner.start, inner.end), outer.start + inner.start === 0, sink)
            : sink.add([inner.token.id], 1);
        if (!more) return;
      }
    }
  }

  /** The same with the range of the text that each token stands for, in UTF-16 units. */
  encodeAligned(text: string, wanted: TokenFilter): EncodedTokens {
    const { normalizer } = this.parts;
    const result = emptyEncoded();
    const original = AlignedText.identity(text);
    for (const outer of segmentsOf(this.raw, text, wanted)) {
      const source = original.slice(outer.start, outer.end);
      if (outer.token !== undefined) {
        addToken(result, outer.token.id, source, 0, source.text.length);
        continue;
      }
      const content = normalizer === undefined ? source : normalizer.align(source);
      for (const inner of segmentsOf(this.normalized, content.text, wanted)) {
        const segment = content.slice(inner.start, inner.end);
        if (inner.token !== undefined) addToken(result, inner.token.id, segment, 0, segment.text.length);
        else this.encodePieces(segment, result);
      }
    }
    return result;
  }

  private encodePlain(segment: string, atStart: boolean, sink: IdSink): boolean {
    if (this.fast !== undefined) return this.fast.encode(segment, sink);
    for (const piece of this.preTokenize(new AlignedText(segment, atStart))) {
      if (!this.addIds(piece.text, sink)) return false;
    }
    return true;
  }

  private addIds(piece: string, sink: IdSink): boolean {
    for (let start = 0; start < piece.length; ) {
      const end = this.nextCut(piece, start);
      if (!this.memo.send(piece.slice(start, end), sink)) return false;
      start = end;
    }
    return true;
  }

  private encodePieces(segment: AlignedText, result: EncodedTokens): void {
    const { tokens } = this;
    for (const piece of this.preTokenize(segment)) {
      for (let start = 0; start < piece.text.length; ) {
        const end = this.nextCut(piece.text, start);
        tokens.clear();
        this.parts.model.encodePiece(piece.text.slice(start, end), tokens);
        for (let i = 0; i < tokens.count; i++)
          addToken(result, tokens.ids[i]!, piece, start + tokens.starts[i]!, start + tokens.ends[i]!);
        start = end;
      }
    }
  }

  private nextCut(piece: string, start: number): number {
    return this.parts.model.nextCut?.(piece, start) ?? piece.length;
  }

  private preTokenize(segment: AlignedText): AlignedText[] {
    let pieces = [segment];
    for (const step of this.parts.preTokenizers) {
      const next: AlignedText[] = [];
      for (const piece of pieces) step.split(piece, next);
      pieces = next.filter((piece) => piece.text !== "");
    }
    return pieces;
  }
}

function segmentsOf(matcher: AddedTokenMatcher, text: string, wanted: TokenFilter): Segment[] {
  if (text === "") return [];
  return matcher.isEmpty ? [{ start: 0, end: text.length, token: undefined }] : matcher.split(text, wanted);
}

function addToken(result: EncodedTokens, id: number, piece: AlignedText, start: number, end: number): void {
  const { alignment } = piece;
  result.ids.push(id);
  result.typeIds.push(0);
  result.offsets.push([alignment?.starts[start] ?? 0, alignment?.ends[end - 1] ?? 0]);
  result.specialMask.push(0);
}
