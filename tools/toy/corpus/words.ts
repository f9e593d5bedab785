// The words of the toy world: things to be copied (names, cities, made-up words) and the few facts it knows.

import type { Random } from "./random.ts";

const list = (text: string): readonly string[] => text.trim().split(/\s+/);

export const names: readonly string[] = list(`
  Anna Ben Carla David Emma Felix Grace Henry Iris Jack Kate Leo Mia Noah Olivia Paul Quinn Rosa Sam Tina Uma Victor
  Wendy Xavier Yara Zoe Alice Bob Clara Daniel Ella Frank Gina Hugo Ida Jonas Karin Lukas Maria Nina Oscar Petra Ralf
  Sofia Tom Ursula Vera Walter Yusuf Zara Ali Amir Chen Diego Elena Fatima Gustav Hana Ivan Jin Kofi Lena Mateo Nadia
  Omar Priya Rahul Sana Tariq Umar Vikram Wei Yuki Alex Chris Jamie Robin Taylor Jordan Morgan Casey Lisa Mark Peter
  Susan Laura Martin Nora Simon Eva Max Julia Tim Sarah Michael John Mary James Linda Robert Karen George Helen Steve
  Bruno Camille Dora Edgar Fiona Greta Hector Ines Jakob Klara Louis Marta Nils Olga Pablo Rita Sven Tessa Ulrich
`);

export const cities: readonly string[] = list(`
  Oslo Rome Paris Berlin London Madrid Lisbon Vienna Prague Warsaw Dublin Athens Helsinki Tokyo Beijing Delhi Cairo
  Boston Chicago Seattle Denver Austin Dallas Miami Houston Phoenix Toronto Montreal Vancouver Sydney Melbourne Perth
  Hamburg Munich Cologne Milan Naples Turin Venice Florence Lyon Nice Toulouse Geneva Zurich Basel Porto Seville
  Valencia Barcelona Krakow Gdansk Riga Vilnius Tallinn Sofia Bucharest Zagreb Split Sarajevo Istanbul Ankara Izmir
  Mumbai Chennai Pune Kolkata Lahore Karachi Dhaka Manila Hanoi Bangkok Jakarta Singapore Seoul Busan Osaka Kyoto
  Nagoya Taipei Shanghai Lagos Nairobi Accra Dakar Tunis Rabat Lima Quito Bogota Santiago Bergen Malmo Aarhus Utrecht
  Leeds York Bristol Cardiff Glasgow Belfast Cork Ghent Bruges Salem Tulsa Omaha Reno Tampa Orlando Memphis Detroit
`);

const longCities: readonly string[] = [
  "New York",
  "San Francisco",
  "Los Angeles",
  "Rio de Janeiro",
  "Buenos Aires",
  "Cape Town",
  "Hong Kong",
  "Mexico City",
  "St. Louis",
  "Kuala Lumpur",
  "Tel Aviv",
  "Las Vegas",
];

/** Country and capital. */
export const capitals: readonly (readonly [country: string, capital: string])[] = [
  ["France", "Paris"],
  ["Germany", "Berlin"],
  ["Italy", "Rome"],
  ["Spain", "Madrid"],
  ["Portugal", "Lisbon"],
  ["Austria", "Vienna"],
  ["Poland", "Warsaw"],
  ["Ireland", "Dublin"],
  ["Greece", "Athens"],
  ["Norway", "Oslo"],
  ["Sweden", "Stockholm"],
  ["Finland", "Helsinki"],
  ["Denmark", "Copenhagen"],
  ["Japan", "Tokyo"],
  ["China", "Beijing"],
  ["India", "New Delhi"],
  ["Egypt", "Cairo"],
  ["Kenya", "Nairobi"],
  ["Canada", "Ottawa"],
  ["Cuba", "Havana"],
  ["Peru", "Lima"],
  ["Chile", "Santiago"],
  ["Brazil", "Brasilia"],
  ["Australia", "Canberra"],
  ["Turkey", "Ankara"],
  ["Hungary", "Budapest"],
  ["Belgium", "Brussels"],
  ["Thailand", "Bangkok"],
  ["Russia", "Moscow"],
  ["Iceland", "Reykjavik"],
  ["England", "London"],
  ["Argentina", "Buenos Aires"],
];

export const nouns: readonly string[] = list(`
  cat dog fox bear owl robot dragon king queen wizard knight mouse lion tiger whale bird frog horse farmer baker sailor
  pirate teacher painter doctor singer child ghost giant princess prince turtle rabbit squirrel bee ant spider
  elephant penguin monkey snake goat sheep cow pig duck river mountain forest castle garden village island bridge
  tower ship train boat car bicycle lamp book key stone star moon sun cloud storm flower tree apple cake bread cheese
  guitar piano drum clock mirror hat coat shoe ring sword map letter box door window chair table bottle candle
`);

export const adjectives: readonly string[] = list(`
  small big old young red blue green brave shy happy sad quiet loud clever kind lazy quick slow golden silver tiny
`);

export const conditions: readonly string[] = list("sunny rainy cloudy windy snowy foggy stormy clear");

export const colours: readonly string[] = list("red blue green yellow black white orange purple pink brown");

const starts: readonly string[] = list(
  "b c d f g h j k l m n p r s t v w z br ch cl dr fl gr kr pl pr sh sk sl st th tr qu a e i o u",
);
const middles: readonly string[] = list("a e i o u a e i o ai ea ee ia io ou y");
const ends: readonly string[] = list("b d g k l m n p r s t x z ck ll nd ng nt rk rn sh ss st th");

/** A made-up lower-case word of one to four syllables. */
export function madeUpWord(random: Random): string {
  const syllables = random.weighted([
    [2, 1],
    [5, 2],
    [3, 3],
    [1, 4],
  ]);
  let word = "";
  for (let i = 0; i < syllables; i++) {
    const start = random.pick(starts);
    word += /^[aeiou]/.test(start) ? start : start + random.pick(middles);
    if (random.chance(i === syllables - 1 ? 0.6 : 0.25)) word += random.pick(ends);
  }
  return word.length > 1 ? word : `${word}n`;
}

/** First letter in upper case. */
export function capitalise(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1);
}

/** A first name, known or made up, sometimes with a family name. */
export function aName(random: Random): string {
  const first = random.chance(0.5) ? random.pick(names) : capitalise(madeUpWord(random));
  return random.chance(0.08) ? `${first} ${capitalise(madeUpWord(random))}` : first;
}

/** A city, known or made up, sometimes of several words or with a region. */
export function aCity(random: Random): string {
  if (random.chance(0.1)) return random.pick(longCities);
  const city = random.chance(0.5) ? random.pick(cities) : capitalise(madeUpWord(random));
  if (random.chance(0.06)) return `${city}, ${capitalise(madeUpWord(random))}`;
  return random.chance(0.05) ? `${city} ${capitalise(madeUpWord(random))}` : city;
}

/** A lower-case thing, known or made up. */
export function aNoun(random: Random): string {
  return random.chance(0.6) ? random.pick(nouns) : madeUpWord(random);
}

/** Everyday words, so that sentences of all kinds can be read and repeated. */
const commonWords: readonly string[] = list(`
  the a an and or but if then not no yes of to in on at by for with from into over under between this that these those
  it is are was were be been has have had do does did can could will would should may must I you he she we they me him
  her us them my your his our their who what when where why how which all some any many much more most less few one two
  three first last next new old good bad great nice big small long short high low early late right left up down out off
  here there now today tomorrow yesterday day week month year morning night time home work house school street town
  country world water food coffee tea bread money music book page word line story question answer name number list test
  example people man woman child friend family team hand eye head heart life way thing place part end start go come get
  give take make see look find know think want need like love help use try ask tell say speak read write play run walk
  open close turn move keep let put send buy sell eat drink sleep hello please thanks sorry well very really only just
  also still even again always never often soon about after before because while hot cold warm dry wet fast slow easy
  hard happy sad blue green red white black data code file error message server client token text model engine user
  quick brown fox jumps lazy dog lorem ipsum dolor sit amet foo bar baz
`);

/** A sentence without much sense, in everyday and made-up words. */
export function aSentence(random: Random, fewest: number, most: number): string {
  const words: string[] = [];
  const count = random.integer(fewest, most);
  for (let i = 0; i < count; i++)
    words.push(random.chance(0.9) ? random.pick(commonWords) : madeUpWord(random));
  const text = capitalise(words.join(" "));
  return text + random.pick([".", ".", ".", "!", "?"]);
}

/** First and last code points of scripts that the model must be able to copy byte by byte. */
const scripts: readonly (readonly [first: number, last: number])[] = [
  [0xe0, 0xfc],
  [0x3b1, 0x3c9],
  [0x430, 0x44f],
  [0x5d0, 0x5ea],
  [0x3042, 0x3093],
  [0x4e00, 0x4fff],
  [0xac00, 0xad00],
  [0x1f600, 0x1f64f],
];

/** One to four characters of another script, or emoji. */
function foreignWord(random: Random): string {
  const [first, last] = random.pick(scripts);
  const length = random.integer(1, 4);
  return Array.from({ length }, () => String.fromCodePoint(random.integer(first, last))).join("");
}

/** A few words without meaning, to be copied as they stand. */
export function aPhrase(random: Random): string {
  const count = random.integer(1, 5);
  const words: string[] = [];
  for (let i = 0; i < count; i++) {
    words.push(
      random.weighted([
        [7, () => random.pick(commonWords)],
        [3, () => random.pick(nouns)],
        [2, () => random.pick(adjectives)],
        [3, () => madeUpWord(random)],
        [1, () => random.pick(names)],
        [1, () => capitalise(madeUpWord(random))],
        [1, () => String(random.integer(0, 99))],
        [0.5, () => foreignWord(random)],
      ])(),
    );
  }
  return words.join(" ");
}
