// Every match of a string or a regular expression replaced by a fixed text.

import type { Rewriter } from "../aligned-text.ts";
import type { JsonNode } from "../json-node.ts";
import { type Pattern, readPattern } from "../pattern.ts";
import { RewritingNormalizer } from "./normalizer.ts";

export class ReplaceNormalizer extends RewritingNormalizer {
  private readonly pattern: Pattern;
  private readonly content: string;

  constructor(pattern: Pattern, content: string) {
    super();
    this.pattern = pattern;
    this.content = content;
  }

  static fromJson(node: JsonNode): ReplaceNormalizer {
    return new ReplaceNormalizer(readPattern(node.child("pattern")), node.child("content").string());
  }

  override normalize(text: string): string {
    const { literal } = this.pattern;
    return literal === undefined ? super.normalize(text) : text.replaceAll(literal, () => this.content);
  }

  protected override rewrite(text: string, out: Rewriter): void {
    let kept = 0;
    for (const [start, end] of this.pattern.matches(text)) {
      if (kept < start) out.keep(kept, start);
      out.replace(start, end, this.content, Math.max(start, end - 1));
      kept = end;
    }
    if (kept < text.length) out.keep(kept, text.length);
  }
}
