// Texts that make careless tokenizers quadratic: one unit repeated, and letters without a space.

/** What is repeated, by name; undefined: random letters. */
const units: Readonly<Record<string, string | undefined>> = {
  a: "a",
  spaces: " ",
  emoji: "👍",
  marks: "\u0301",
  "random letters": undefined,
};

export const pathologicalKinds: readonly string[] = Object.keys(units);

/** Text of a kind, of about `size` bytes. */
export function pathologicalText(kind: string, size: number): string {
  const unit = units[kind];
  return unit === undefined ? randomLetters(size) : unit.repeat(Math.ceil(size / Buffer.byteLength(unit)));
}

function randomLetters(size: number): string {
  const letters = Buffer.alloc(size);
  let state = 7;
  for (let i = 0; i < size; i++) {
    state = (Math.imul(state, 1103515245) + 12345) >>> 0;
    letters[i] = 97 + ((state >>> 16) % 26);
  }
  return letters.toString("latin1");
}
