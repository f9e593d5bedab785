// An inverted index with BM25 over two fields. The postings of a word are variable-length numbers in one byte array
// (distance to the document before, occurrences in the text, occurrences in the title), 3 to 4 bytes per document: an
// index of 50,000 pages takes some hundred megabytes less than one of objects.

import { wordsOf } from "./words.ts";

export interface IndexedDocument {
  readonly id: string;
  readonly title: string;
  readonly summary: string;
  /** Words of the text and of the title. */
  readonly textLength: number;
  readonly titleLength: number;
}

/** Where a word occurs. */
export interface Postings {
  /** Documents that have the word. */
  count: number;
  lastDocument: number;
  bytes: Uint8Array;
  length: number;
}

const k1 = 1.2;
const b = 0.75;
const titleWeight = 3;

export class SearchIndex {
  readonly documents: IndexedDocument[];
  readonly postings: Map<string, Postings>;

  constructor(documents: IndexedDocument[] = [], postings: Map<string, Postings> = new Map()) {
    this.documents = documents;
    this.postings = postings;
  }

  add({ id, title, text, summary }: Readonly<Record<"id" | "title" | "text" | "summary", string>>): void {
    const textWords = wordsOf(text);
    const titleWords = wordsOf(title);
    const counts = new Map<string, [text: number, title: number]>();
    const count = (word: string, field: 0 | 1): void => {
      const known = counts.get(word) ?? [0, 0];
      known[field] += 1;
      counts.set(word, known);
    };
    for (const word of textWords) count(word, 0);
    for (const word of titleWords) count(word, 1);
    const document = this.documents.length;
    for (const [word, [inText, inTitle]] of counts) append(this.#postingsOf(word), document, inText, inTitle);
    this.documents.push({
      id,
      title,
      summary,
      textLength: textWords.length,
      titleLength: titleWords.length,
    });
  }

  /** The documents that fit best, best first. */
  search(query: string, count: number): IndexedDocument[] {
    const size = this.documents.length;
    const scores = new Float64Array(size);
    const meanText = this.#mean("textLength");
    const meanTitle = this.#mean("titleLength");
    for (const word of new Set(wordsOf(query))) {
      const postings = this.postings.get(word);
      if (postings === undefined) continue;
      const idf = Math.log(1 + (size - postings.count + 0.5) / (postings.count + 0.5));
      for (const [document, inText, inTitle] of read(postings)) {
        const { textLength, titleLength } = this.documents[document]!;
        const fields =
          bm25(inText, textLength / meanText) + titleWeight * bm25(inTitle, titleLength / meanTitle);
        scores[document]! += idf * fields;
      }
    }
    const found: number[] = [];
    for (const [document, score] of scores.entries()) if (score > 0) found.push(document);
    found.sort((one, other) => scores[other]! - scores[one]! || one - other);
    return found.slice(0, count).map((document) => this.documents[document]!);
  }

  #postingsOf(word: string): Postings {
    const known = this.postings.get(word);
    if (known !== undefined) return known;
    const postings: Postings = { count: 0, lastDocument: -1, bytes: new Uint8Array(8), length: 0 };
    this.postings.set(word, postings);
    return postings;
  }

  #mean(field: "textLength" | "titleLength"): number {
    const sum = this.documents.reduce((total, document) => total + document[field], 0);
    return sum / this.documents.length || 1;
  }
}

function bm25(occurrences: number, relativeLength: number): number {
  return (occurrences * (k1 + 1)) / (occurrences + k1 * (1 - b + b * relativeLength));
}

function append(postings: Postings, document: number, inText: number, inTitle: number): void {
  const most = 15;
  if (postings.length + most > postings.bytes.length) {
    const larger = new Uint8Array(Math.max(most, postings.bytes.length * 2));
    larger.set(postings.bytes.subarray(0, postings.length));
    postings.bytes = larger;
  }
  for (let value of [document - postings.lastDocument, inText, inTitle]) {
    for (; value > 127; value >>>= 7) postings.bytes[postings.length++] = (value & 127) | 128;
    postings.bytes[postings.length++] = value;
  }
  postings.lastDocument = document;
  postings.count += 1;
}

function* read({ bytes, length }: Postings): Generator<[document: number, inText: number, inTitle: number]> {
  let at = 0;
  const next = (): number => {
    let value = 0;
    for (let shift = 0; at < length; shift += 7) {
      const byte = bytes[at++]!;
      value |= (byte & 127) << shift;
      if (byte < 128) break;
    }
    return value;
  };
  for (let document = -1; at < length; ) {
    document += next();
    yield [document, next(), next()];
  }
}
