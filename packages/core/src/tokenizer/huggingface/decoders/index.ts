// The table of decoders, and how a list of them becomes one.

import { type ComponentTable, type JsonNode, readComponent } from "../json-node.ts";
import { readPattern } from "../pattern.ts";
import { readPrependScheme } from "../pretokenizers/metaspace.ts";
import { ByteFallbackDecoder } from "./byte-fallback.ts";
import { ByteLevelDecoder } from "./byte-level.ts";
import { type Decoder, type DecoderContext, MapDecoder, type TextSink } from "./decoder.ts";
import { CtcDecoder, SuffixDecoder, WholeTextDecoder } from "./held.ts";
import { StripDecoder } from "./strip.ts";
import { wordPieceDecoder } from "./word-piece.ts";

/** A stage, and whether what leaves it is one text rather than tokens. */
interface Stage {
  readonly decoder: Decoder;
  readonly fuses?: boolean;
  /** Whether the stage gives the same result part by part as on the whole text. */
  readonly incremental?: boolean;
}

type ReadStage = (node: JsonNode, fused: boolean) => Stage[];

const decoders: Readonly<Record<string, ReadStage>> = {
  BPEDecoder: (node) => [{ decoder: new SuffixDecoder(node) }],
  ByteFallback: () => [{ decoder: new ByteFallbackDecoder() }],
  ByteLevel: () => [{ decoder: new ByteLevelDecoder(), fuses: true }],
  CTC: (node) => [{ decoder: new CtcDecoder(node) }],
  Fuse: () => [{ decoder: new MapDecoder((text) => text), fuses: true, incremental: true }],
  Metaspace: (node) => [{ decoder: metaspaceDecoder(node) }],
  Replace: (node) => [replaceStage(node)],
  Sequence: (node, fused) => readSequence(node.child("decoders").list(), fused),
  Strip: (node, fused) => [{ decoder: StripDecoder.fromJson(node, fused), incremental: true }],
  WordPiece: (node) => [{ decoder: wordPieceDecoder(node) }],
};

function metaspaceDecoder(node: JsonNode): Decoder {
  const replacement = node.child("replacement").optionalString() ?? "▁";
  const strips = readPrependScheme(node) !== "never";
  // All of the first token's marks go, not only the leading one: the reference does so.
  return new MapDecoder((token, first) => token.replaceAll(replacement, first && strips ? "" : " "));
}

function replaceStage(node: JsonNode): Stage {
  const pattern = readPattern(node.child("pattern"));
  const content = node.child("content").string();
  const replace = (text: string): string => {
    if (pattern.literal !== undefined) return text.replaceAll(pattern.literal, () => content);
    let result = "";
    let kept = 0;
    for (const [start, end] of pattern.matches(text)) {
      result += text.slice(kept, start) + content;
      kept = end;
    }
    return result + text.slice(kept);
  };
  return { decoder: new MapDecoder(replace), incremental: pattern.literal?.length === 1 };
}

function readStages(node: JsonNode, fused: boolean): Stage[] {
  const table: ComponentTable<Stage[]> = Object.fromEntries(
    Object.entries(decoders).map(([name, read]) => [name, (component: JsonNode) => read(component, fused)]),
  );
  return readComponent(node, table);
}

/** Once parts are fused, a stage that needs the whole text gets it. */
function readSequence(nodes: readonly JsonNode[], alreadyFused: boolean): Stage[] {
  let fused = alreadyFused;
  return nodes.flatMap((node) =>
    readStages(node, fused).map((stage) => {
      const needsWhole = fused && stage.incremental !== true;
      fused ||= stage.fuses === true;
      return needsWhole ? { ...stage, decoder: new WholeTextDecoder(stage.decoder) } : stage;
    }),
  );
}

/** Stages one after the other. */
export function chainDecoders(stages: readonly Decoder[]): Decoder {
  return {
    open(next: TextSink, context: DecoderContext): TextSink {
      return stages.reduceRight((sink, stage) => stage.open(sink, context), next);
    },
  };
}

/** Joins tokens with spaces: what a file without a decoder gets. */
export const spaceDecoder: Decoder = new MapDecoder((token, first) => (first ? token : ` ${token}`));

/** The decoder of a file. */
export function readDecoder(node: JsonNode): Decoder {
  if (node.isNull) return spaceDecoder;
  return chainDecoders(readStages(node, false).map((stage) => stage.decoder));
}

export type { Decoder, DecoderContext, TextSink } from "./decoder.ts";
