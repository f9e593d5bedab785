// A text put in front of every segment that is not empty.

import type { Rewriter } from "../aligned-text.ts";
import type { JsonNode } from "../json-node.ts";
import { RewritingNormalizer } from "./normalizer.ts";

export class PrependNormalizer extends RewritingNormalizer {
  private readonly prefix: string;

  constructor(node: JsonNode) {
    super();
    this.prefix = node.child("prepend").string();
  }

  protected override rewrite(text: string, out: Rewriter): void {
    if (text === "") return;
    out.replace(0, 0, this.prefix);
    out.keep(0, text.length);
  }
}
