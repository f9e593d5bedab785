import { getEncoding } from "@tokenwire/encodings";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { ResponseEncoder, type ResponseEvent } from "../../src/protocol/index.ts";
import { CitationStream } from "../../src/server/responses/tools/citation-stream.ts";

const pages = [
  { url: "", title: "search" },
  { url: "https://a.example/x", title: "A" },
];

/** Text and annotations of a message that came in these pieces. */
function read(pieces: readonly string[]): { text: string; annotations: object[]; deltas: string[] } {
  const encoder = new ResponseEncoder({
    id: "resp_1",
    model: "m",
    createdAt: 0,
    tokenizer: getEncoding("o200k_base"),
    logprobs: false,
    summary: false,
    echo: {},
  });
  const stream = new CitationStream(encoder, () => pages);
  const events: ResponseEvent[] = pieces.flatMap((text) => stream.push({ type: "text", text }));
  events.push(...stream.end());
  const of = (type: string): ResponseEvent[] => events.filter((event) => event.type === `response.${type}`);
  const deltas = of("output_text.delta").map((event) => String(event["delta"]));
  const annotations = of("output_text.annotation.added").map((event) => event["annotation"] as object);
  return { text: deltas.join(""), annotations, deltas };
}

describe("citations in a stream", () => {
  const text = "😀 one【1†L2-L3】two 【1†L4】, 【0†L1】 and 【7†L1】 【1†";

  it("sends a link as one delta, with its range in code points", () => {
    const { text: sent, annotations, deltas } = read([...text]);
    const link = "([a.example](https://a.example/x))";
    expect(sent).toBe(`😀 one ${link}two ${link}, 【0†L1】 and 【7†L1】 【1†`);
    expect(deltas.filter((delta) => delta === link)).toHaveLength(2);
    const points = Array.from(sent);
    for (const annotation of annotations as { start_index: number; end_index: number; title: string }[]) {
      expect(points.slice(annotation.start_index, annotation.end_index).join("")).toBe(link);
      expect(annotation.title).toBe("A");
    }
  });

  it("does not depend on how the text is cut", () => {
    const whole = read([text]);
    const cuts = fc.array(fc.nat(text.length), { maxLength: 12 });
    fc.assert(
      fc.property(cuts, (at) => {
        const places = [0, ...at.sort((a, b) => a - b), text.length];
        const pieces = places.slice(1).map((end, index) => text.slice(places[index], end));
        // Half a character never arrives: the parser holds it back.
        fc.pre(!pieces.some((piece) => /\p{Surrogate}/u.test(piece)));
        const { text: sent, annotations } = read(pieces);
        expect({ text: sent, annotations }).toEqual({ text: whole.text, annotations: whole.annotations });
      }),
      { seed: 3 },
    );
  });

  it("holds back no more than a marker", () => {
    const long = `【1†${"x".repeat(2_000)}`;
    expect(read([...long]).deltas.length).toBeGreaterThan(1);
    expect(read([...long]).text).toBe(long);
  });
});
