// White space removed from either end.

import type { Rewriter } from "../aligned-text.ts";
import type { JsonNode } from "../json-node.ts";
import { RewritingNormalizer } from "./normalizer.ts";

const leading = /^\p{White_Space}*/u;
const trailing = /\p{White_Space}*$/u;

export class StripNormalizer extends RewritingNormalizer {
  private readonly left: boolean;
  private readonly right: boolean;

  constructor(left: boolean, right: boolean) {
    super();
    this.left = left;
    this.right = right;
  }

  static fromJson(node: JsonNode): StripNormalizer {
    return new StripNormalizer(
      node.child("strip_left").boolean(true),
      node.child("strip_right").boolean(true),
    );
  }

  protected override rewrite(text: string, out: Rewriter): void {
    const start = this.left ? (leading.exec(text)?.[0].length ?? 0) : 0;
    const tail = this.right ? trailingSpace(text) : 0;
    out.keep(start, Math.max(start, text.length - tail));
  }
}

/** Length of the white space at the end. A scan from the end: the regular expression alone would be quadratic. */
function trailingSpace(text: string): number {
  let start = text.length;
  while (start > 0 && /\p{White_Space}/u.test(text.charAt(start - 1))) start--;
  return trailing.exec(text.slice(start))?.[0].length ?? 0;
}
