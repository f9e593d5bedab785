// A text put in front of every segment that is not empty.

import type { Rewriter } from "../aligned-text.ts";
import { RewritingNormalizer } from "./normalizer.ts";

export class PrependNormalizer extends RewritingNormalizer {
  private readonly prefix: string;

  constructor(prefix: string) {
    super();
    this.prefix = prefix;
  }

  protected override rewrite(text: string, out: Rewriter): void {
    if (text === "") return;
    out.replace(0, 0, this.prefix);
    out.keep(0, text.length);
  }
}
