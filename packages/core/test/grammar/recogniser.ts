// The plainest possible recogniser: for each rule and place the places where a text of the rule can end, until nothing
// new is found. Left recursion and empty texts need no care this way.

import type { Expression, Grammar } from "../../src/grammar/index.ts";

export function recognises({ start, rules }: Grammar, text: string): boolean {
  const characters = Array.from(text);
  const found = new Map(
    [...rules.keys()].map((name) => [name, characters.concat("").map(() => new Set<number>())]),
  );
  const ends = (expression: Expression, at: number): ReadonlySet<number> => {
    switch (expression.kind) {
      case "text": {
        const wanted = Array.from(expression.text);
        return new Set(
          wanted.every((character, index) => characters[at + index] === character)
            ? [at + wanted.length]
            : [],
        );
      }
      case "class": {
        const code = characters[at]?.codePointAt(0);
        if (code === undefined) return new Set();
        const inside = expression.ranges.some(([first, last]) => code >= first && code <= last);
        return new Set(inside === expression.negated ? [] : [at + 1]);
      }
      case "rule":
        return found.get(expression.name)![at]!;
      case "sequence":
        return expression.parts.reduce<ReadonlySet<number>>(
          (places, part) => after(part, places),
          new Set([at]),
        );
      case "choice":
        return new Set(expression.options.flatMap((option) => [...ends(option, at)]));
      case "repeat": {
        let places: ReadonlySet<number> = new Set([at]);
        for (let times = 0; times < expression.least; times++) places = after(expression.of, places);
        const all = new Set(places);
        for (let times = expression.least; times < (expression.most ?? Number.POSITIVE_INFINITY); times++) {
          const before = all.size;
          places = after(expression.of, places);
          for (const place of places) all.add(place);
          if (all.size === before) break;
        }
        return all;
      }
    }
  };
  const after = (part: Expression, places: ReadonlySet<number>): ReadonlySet<number> =>
    new Set([...places].flatMap((place) => [...ends(part, place)]));
  for (let isChanged = true; isChanged; ) {
    isChanged = false;
    for (const [name, expression] of rules) {
      for (const [at, known] of found.get(name)!.entries()) {
        for (const end of ends(expression, at)) {
          isChanged ||= !known.has(end);
          known.add(end);
        }
      }
    }
  }
  return found.get(start)![0]!.has(characters.length);
}
