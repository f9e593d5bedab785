// Reads reasoning between an opener and a closer, which is what most formats are.

import { MarkerSet } from "../marker-set.ts";
import { isSpace, type Task } from "../reader.ts";
import type { ReasoningFormat } from "../reasoning-format.ts";
import type { ReasoningReader, ReasoningSettings } from "../reasoning-reader.ts";
import type { Dialect } from "../rules.ts";

export interface BlockSyntax {
  readonly open: readonly string[];
  readonly close: readonly string[];
  /** Markers that end reasoning and belong to what follows. */
  readonly implicitEnd?: readonly string[];
  /** A closer in the content: kept, or removed. */
  readonly strayClose?: "text" | "drop";
  /** Only a closer before anything else is removed. */
  readonly leadingClose?: "drop";
  /** Dialects in which an opener inside the block is part of the reasoning even at its start. */
  readonly keepOpener?: readonly Dialect[];
  /** Reads a label or white space directly after the opener. */
  readonly afterOpen?: (reader: ReasoningReader) => Task;
  /** Reads what directly follows the closer. */
  readonly afterClose?: (reader: ReasoningReader) => Task;
}

export function readBlocks(syntax: BlockSyntax): ReasoningFormat["read"] {
  const blocks = new BlockMachine(syntax);
  return (reader) => blocks.read(reader);
}

class BlockMachine {
  readonly #syntax: BlockSyntax;
  readonly #open: MarkerSet;
  readonly #close: MarkerSet;
  readonly #content: MarkerSet;
  readonly #none = new MarkerSet([]);

  constructor(syntax: BlockSyntax) {
    this.#syntax = syntax;
    this.#open = new MarkerSet(syntax.open);
    this.#close = new MarkerSet(syntax.close);
    this.#content = new MarkerSet([...syntax.open, ...(syntax.strayClose === "drop" ? syntax.close : [])]);
  }

  *read(reader: ReasoningReader): Task {
    if (reader.settings.startsInReasoning) {
      reader.open();
      yield* this.#block(reader);
    } else if (this.#syntax.leadingClose === "drop") {
      yield* this.#leadingCloser(reader);
    }
    for (let blocks = reader.settings.startsInReasoning ? 1 : 0; ; ) {
      const marker = yield* reader.restUntil(this.#contentSet(reader, blocks));
      if (marker === undefined) return;
      const opens = this.#syntax.open.includes(marker);
      if (!opens || (blocks > 0 && reader.settings.dialect === "smg")) {
        reader.marker();
        continue;
      }
      blocks++;
      reader.open();
      yield* this.#block(reader);
    }
  }

  /** SMG removes later openers, vLLM and SGLang leave later blocks alone, we read them. */
  #contentSet(reader: ReasoningReader, blocks: number): MarkerSet {
    const { dialect } = reader.settings;
    if (blocks === 0 || dialect === "tokenwire") return this.#content;
    return dialect === "smg" ? this.#open : this.#none;
  }

  *#leadingCloser(reader: ReasoningReader): Task {
    if ((yield* reader.at(this.#close)) !== undefined) reader.marker();
  }

  *#block(reader: ReasoningReader): Task {
    const { settings } = reader;
    const leave = this.#endsAt(settings);
    const set = this.#close.with([...this.#syntax.open, ...leave]);
    const keepOpener = this.#syntax.keepOpener?.includes(settings.dialect) === true;
    if (!keepOpener) yield* this.#repeatedOpener(reader);
    if (this.#syntax.afterOpen !== undefined) yield* this.#syntax.afterOpen(reader);
    for (;;) {
      const marker = yield* reader.thinkUntil(set, leave);
      if (marker === undefined || leave.includes(marker)) break;
      if (this.#syntax.close.includes(marker)) {
        reader.marker();
        yield* this.#closed(reader);
        break;
      }
      if (settings.dialect === "smg") reader.marker();
      else reader.think(reader.input.release());
    }
    reader.close();
  }

  /** Markers that end reasoning without a closer; SMG knows none. */
  #endsAt(settings: ReasoningSettings): readonly string[] {
    if (settings.implicitEnd !== undefined) return [settings.implicitEnd];
    return settings.dialect === "smg" ? [] : (this.#syntax.implicitEnd ?? []);
  }

  /** The prompt may have ended with the opener and the model repeats it, perhaps after white space. */
  *#repeatedOpener(reader: ReasoningReader): Task {
    const space = yield* reader.space();
    const opener = yield* reader.sees(this.#open);
    reader.think(reader.input.release());
    if (opener === undefined) return;
    yield* reader.at(this.#open);
    reader.marker();
    if (reader.settings.trimAfterClose && space === "") yield* oneNewline(reader);
  }

  *#closed(reader: ReasoningReader): Task {
    if (this.#syntax.afterClose !== undefined) yield* this.#syntax.afterClose(reader);
    if (!reader.settings.trimAfterClose) return;
    yield* reader.while((code) => isSpace(code) && code !== 32 && code !== 9);
    reader.emit.skip(reader.input.release(), "whitespace");
  }
}

function* oneNewline(reader: ReasoningReader): Task {
  if ((yield* reader.peek()) !== 10) return;
  reader.take(1);
  reader.emit.skip(reader.input.release(), "whitespace");
}
