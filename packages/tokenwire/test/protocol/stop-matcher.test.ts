import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { StopMatcher } from "../../src/protocol/stop-matcher.ts";

function run(
  stops: readonly string[],
  pieces: readonly string[],
  include = false,
): { text: string; stop?: string } {
  const matcher = new StopMatcher(stops, include);
  let text = "";
  let stop: string | undefined;
  for (const piece of pieces) {
    const match = matcher.push(piece);
    text += match.text;
    stop ??= match.stop;
  }
  text += matcher.end();
  return stop === undefined ? { text } : { text, stop };
}

describe("StopMatcher", () => {
  it("cuts before the stop string, across pieces", () => {
    expect(run(["END"], ["one E", "N", "D two"])).toEqual({ text: "one ", stop: "END" });
  });

  it("keeps the stop string when asked to", () => {
    expect(run(["END"], ["one E", "ND two"], true)).toEqual({ text: "one END", stop: "END" });
  });

  it("holds back no more than could become a stop string", () => {
    const matcher = new StopMatcher(["abc"]);
    expect(matcher.push("xxab").text).toBe("xx");
    expect(matcher.held).toBe("ab");
    expect(matcher.push("x").text).toBe("abx");
    expect(matcher.held).toBe("");
  });

  it("releases at the end what did not become a stop string", () => {
    expect(run(["abc"], ["xab"])).toEqual({ text: "xab" });
  });

  it("prefers the stop string that is complete first", () => {
    expect(run(["xabcd", "bc"], ["xabcd"])).toEqual({ text: "xa", stop: "bc" });
  });

  it("does not depend on how the text was cut", () => {
    const text = fc.stringMatching(/^[ab]{0,20}$/);
    const stops = fc.array(fc.stringMatching(/^[ab]{1,4}$/), { minLength: 1, maxLength: 4 });
    fc.assert(
      fc.property(text, stops, fc.boolean(), (whole, stopList, include) => {
        expect(run(stopList, [...whole], include)).toEqual(run(stopList, [whole], include));
      }),
      { numRuns: 500, seed: 7 },
    );
  });
});
