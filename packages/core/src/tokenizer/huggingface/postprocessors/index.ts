// The table of post-processors: what is put around one text or a pair of texts.

import { appendEncoded, type EncodedTokens, emptyEncoded } from "../encoded.ts";
import { type ComponentTable, type JsonNode, readComponent } from "../json-node.ts";
import { readPairTemplate, readTemplate, type SpecialPiece, TemplateProcessor } from "./template.ts";
import { TrimOffsets } from "./trim-offsets.ts";

/** One encoded text, or two, with access to what their tokens are. */
export interface PostProcessor {
  /** Joins `texts` (one or two) and adds special tokens if asked to. */
  process(
    texts: readonly EncodedTokens[],
    addSpecialTokens: boolean,
    tokenOf: TokenLookup,
  ): readonly EncodedTokens[];
}

export type TokenLookup = (id: number) => string | undefined;

const postProcessors: ComponentTable<PostProcessor[]> = {
  BertProcessing: (node) => [bertLike(node, 1)],
  ByteLevel: (node) => (node.child("trim_offsets").boolean(true) ? [TrimOffsets.fromJson(node)] : []),
  RobertaProcessing: (node) => [
    ...(node.child("trim_offsets").boolean(true) ? [TrimOffsets.fromJson(node)] : []),
    bertLike(node, 2),
  ],
  Sequence: (node) => node.child("processors").list().flatMap(readPostProcessors),
  TemplateProcessing: (node) => [new TemplateProcessor(readTemplate(node), readPairTemplate(node))],
};

/** `cls A sep`, then `B sep` (BERT) or `sep B sep` of one type (RoBERTa). */
function bertLike(node: JsonNode, separators: 1 | 2): PostProcessor {
  const cls = specialPair(node.child("cls"));
  const sep = specialPair(node.child("sep"));
  const pairType = separators === 1 ? 1 : 0;
  const single = [cls, { sequence: 0 as const, typeId: 0 }, sep];
  const between = separators === 2 ? [sep] : [];
  return new TemplateProcessor(single, [
    ...single,
    ...between,
    { sequence: 1 as const, typeId: pairType },
    { ...sep, typeId: pairType },
  ]);
}

/** `["[SEP]", 102]`. */
function specialPair(node: JsonNode): SpecialPiece {
  const [, id] = node.list();
  if (id === undefined) node.expected("[token, id]");
  return { ids: [id.index()], typeId: 0 };
}

/** The post-processors of a file in order. */
export function readPostProcessors(node: JsonNode): PostProcessor[] {
  return node.isNull ? [] : readComponent(node, postProcessors);
}

/** Runs the post-processors and joins what is left. Without any, the texts follow each other as types 0 and 1. */
export function postProcess(
  processors: readonly PostProcessor[],
  texts: readonly EncodedTokens[],
  addSpecialTokens: boolean,
  tokenOf: TokenLookup,
): EncodedTokens {
  const processed = processors.reduce(
    (current, processor) => processor.process(current, addSpecialTokens, tokenOf),
    texts,
  );
  const [first, ...rest] = processed;
  const joined = emptyEncoded();
  if (first !== undefined) appendEncoded(joined, first);
  for (const text of rest) appendEncoded(joined, text, 1);
  return joined;
}
