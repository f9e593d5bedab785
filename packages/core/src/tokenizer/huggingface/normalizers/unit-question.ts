// A question about single UTF-16 units, asked once for each: the answers are kept in a table of 64 kB.

export class UnitQuestion {
  private readonly ask: (unit: number) => boolean;
  /** 0 not asked yet, 1 no, 2 yes. */
  private readonly answers = new Uint8Array(0x1_0000);

  constructor(ask: (unit: number) => boolean) {
    this.ask = ask;
  }

  holds(unit: number): boolean {
    const known = this.answers[unit]!;
    if (known !== 0) return known === 2;
    const answer = this.ask(unit);
    this.answers[unit] = answer ? 2 : 1;
    return answer;
  }
}

/** Whether a UTF-16 unit is half of a pair or alone where a pair should be. */
export function isSurrogate(unit: number): boolean {
  return (unit & 0xf800) === 0xd800;
}
