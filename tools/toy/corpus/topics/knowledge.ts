// The little that the model knows: sums, capitals, counting; and how it says that it does not know.

import type { Random } from "../random.ts";
import type { Turn } from "../transcript.ts";
import { adjectives, aNoun, aSentence, capitalise, capitals, colours, madeUpWord, nouns } from "../words.ts";

const reply = (user: string, analysis: string, final: string, long?: string): Turn => ({
  user,
  steps: [
    { kind: "analysis", text: analysis, ...(long === undefined ? {} : { long }) },
    { kind: "final", text: final },
  ],
});

/** People do not always write capitals and question marks. */
function carelessly(random: Random, text: string): string {
  if (random.chance(0.75)) return text;
  const bare = random.chance(0.5) ? text.replace(/[.?!]$/, "") : text;
  return random.chance(0.6) ? bare.toLowerCase() : bare;
}

/** Plus and minus with operands 0 to 20. */
export function arithmetic(random: Random): Turn[] {
  let a = random.integer(0, 20);
  let b = random.integer(0, 20);
  const plus = random.chance(0.7);
  if (!plus && b > a) [a, b] = [b, a];
  const sign = plus ? "+" : "-";
  const word = plus ? "plus" : "minus";
  const question = random.pick([
    `What is ${a} ${word} ${b}?`,
    `What is ${a} ${sign} ${b}?`,
    `${a} ${sign} ${b}`,
    `${a} ${sign} ${b} = ?`,
    `${a}${sign}${b}`,
    `How much is ${a} ${sign} ${b}?`,
    `How much is ${a} ${word} ${b}?`,
    `Compute ${a} ${sign} ${b}.`,
    `Calculate ${a} ${word} ${b}.`,
    plus ? `Add ${a} and ${b}.` : `Subtract ${b} from ${a}.`,
    `What's ${a} ${word} ${b}?`,
    `Please tell me what ${a} ${sign} ${b} is.`,
  ]);
  const result = plus ? a + b : a - b;
  return [
    reply(
      carelessly(random, question),
      `The user asks for ${a} ${sign} ${b}. That is ${result}.`,
      `${a} ${sign} ${b} = ${result}`,
      "I will give the result.",
    ),
  ];
}

/** The capital of a known country, or of one it has never heard of. */
export function capital(random: Random): Turn[] {
  const known = random.chance(0.88);
  const [country, city] = known ? random.pick(capitals) : [capitalise(madeUpWord(random)), ""];
  const question = random.pick([
    `What is the capital of ${country}?`,
    `What's the capital of ${country}?`,
    `Name the capital of ${country}.`,
    `Tell me the capital of ${country}.`,
    `Which city is the capital of ${country}?`,
    `Capital of ${country}?`,
    `Do you know the capital of ${country}?`,
    `Please name the capital city of ${country}.`,
  ]);
  if (!known) {
    return [
      reply(
        question,
        `The user asks for the capital of ${country}. I do not know it.`,
        `I do not know the capital of ${country}.`,
      ),
    ];
  }
  return [
    reply(
      carelessly(random, question),
      `The user asks for the capital of ${country}. It is ${city}.`,
      `The capital of ${country} is ${city}.`,
      "I will give a full sentence.",
    ),
  ];
}

/** "Count to 9." */
export function counting(random: Random): Turn[] {
  const from = random.chance(0.8) ? 1 : random.integer(2, 20);
  const to =
    from +
    random.weighted([
      [5, random.integer(2, 11)],
      [2, random.integer(9, 29)],
      [1, random.integer(29, 79)],
    ]);
  const question = random.pick([
    from === 1 ? `Count to ${to}.` : `Count from ${from} to ${to}.`,
    `Count from ${from} to ${to}.`,
    `Please count from ${from} to ${to}.`,
    `List the numbers from ${from} to ${to}.`,
    `Write the numbers ${from} to ${to}.`,
  ]);
  const numbers = Array.from({ length: to - from + 1 }, (_, index) => from + index);
  return [
    reply(
      carelessly(random, question),
      `The user wants the numbers from ${from} to ${to}.`,
      `${numbers.join(", ")}.`,
    ),
  ];
}

const things: readonly (readonly [kind: string, items: readonly string[]])[] = [
  ["colors", colours],
  ["animals", nouns.slice(0, 6)],
  ["fruits", ["apple", "pear", "plum", "cherry", "banana"]],
];
const amounts = ["two", "three", "four", "five"] as const;

/** "Name three colors." */
export function listing(random: Random): Turn[] {
  const [kind, items] = random.pick(things);
  const at = random.integer(0, amounts.length - 1);
  const word = random.chance(0.7) ? amounts[at] : String(at + 2);
  const question = random.pick([
    `Name ${word} ${kind}.`,
    `List ${word} ${kind}.`,
    `Give me ${word} ${kind}.`,
    `Tell me ${word} ${kind}.`,
  ]);
  return [
    reply(
      carelessly(random, question),
      `The user wants ${word} ${kind}.`,
      `${items.slice(0, at + 2).join(", ")}.`,
    ),
  ];
}

/** Anything else: an honest "I do not know". */
export function unknown(random: Random): Turn[] {
  if (random.chance(0.25)) return [doNotKnow(unknownText(random))];
  const x = aNoun(random);
  const y = random.chance(0.5) ? madeUpWord(random) : random.pick(nouns);
  const z = random.pick(adjectives);
  const question = random.pick([
    `Why is the ${x} ${z}?`,
    `Who invented the ${x}?`,
    `How do I build a ${x}?`,
    `How does a ${x} work?`,
    `What is a ${x}?`,
    `What is the meaning of ${x}?`,
    `What is ${x}?`,
    `Who is ${capitalise(y)}?`,
    `Explain ${x} ${y}.`,
    `Explain the ${x}.`,
    `When was the ${x} made?`,
    `Where can I buy a ${x}?`,
    `How old is the ${x}?`,
    `Write a poem about ${x}.`,
    `Write code for a ${x}.`,
    `Translate ${x} into French.`,
    `What do you think about ${x}?`,
    `Is the ${x} ${z} or ${y}?`,
    `Can you ${x} the ${y}?`,
    `Summarize the ${x} ${y}.`,
    `Who won the ${y} in ${random.integer(1900, 2026)}?`,
    `How many ${x} are in a ${y}?`,
    `Should I ${y} my ${x}?`,
    `${capitalise(x)} ${y} ${z}.`,
    `What is the ${y} of ${x}?`,
    `${capitalise(madeUpWord(random))} ${madeUpWord(random)} ${madeUpWord(random)}?`,
  ]);
  return [doNotKnow(carelessly(random, question))];
}

/** One or more sentences that ask for nothing the model can do. */
function unknownText(random: Random): string {
  const sentences = Array.from({ length: random.integer(1, 4) }, () => aSentence(random, 3, 14));
  return sentences.join(random.chance(0.8) ? " " : "\n");
}

function doNotKnow(user: string): Turn {
  return reply(
    user,
    "I do not know the answer to this.",
    "I am only a small toy model, so I do not know that.",
    "I will say so.",
  );
}
