// The tables that the benchmark prints.

/** Figures by candidate and column. */
export type Table = Record<string, Record<string, number>>;

const NAME_WIDTH = 21;

function shown(figure: number): string {
  return figure < 10 ? figure.toFixed(1) : figure.toFixed(0);
}

function printRows(table: Table, cellOf: (candidate: string, column: string) => string): void {
  const columns = [...new Set(Object.values(table).flatMap((figures) => Object.keys(figures)))];
  const width = Math.max(14, ...columns.map((column) => column.length + 2));
  console.log("".padEnd(NAME_WIDTH) + columns.map((column) => column.padStart(width)).join(""));
  for (const candidate of Object.keys(table)) {
    const cells = columns.map((column) => cellOf(candidate, column).padStart(width));
    console.log(candidate.padEnd(NAME_WIDTH) + cells.join(""));
  }
}

/** Every figure, and in brackets how many times tokenwire's it is. */
export function printRatios(title: string, table: Table): void {
  console.log(`\n${title}`);
  printRows(table, (candidate, column) => {
    const figure = table[candidate]?.[column];
    if (figure === undefined) return "-";
    const ours = table["tokenwire"]?.[column];
    return ours === undefined ? shown(figure) : `${shown(figure)} (${(figure / ours).toFixed(2)})`;
  });
}

function geometricMean(figures: readonly number[]): number {
  return Math.exp(figures.reduce((sum, figure) => sum + Math.log(figure), 0) / figures.length);
}

/** tokenwire's figures that are called `<row> <column>`, such as "count english", and the geometric mean of each row. */
export function printRelations(title: string, table: Table, rows: readonly string[]): void {
  const split = Object.fromEntries(
    rows.map((row) => {
      const own = Object.entries(table["tokenwire"] ?? {}).filter(([name]) => name.startsWith(`${row} `));
      const figures = own.map(([name, figure]) => [name.slice(row.length + 1), figure] as const);
      const mean = geometricMean(own.map(([, figure]) => figure));
      return [row, Object.fromEntries([...figures, ["all (mean)", mean]])];
    }),
  );
  console.log(`\n${title}`);
  printRows(split, (row, column) => split[row]?.[column]?.toFixed(2) ?? "-");
}

/**
 * Times that were measured for several sizes of the same kind of text, under the names that `columnOf` gives them: a row
 * per candidate and kind, and for each size after the first how many times as long it takes as the one before.
 */
export function printGrowth(
  title: string,
  table: Table,
  kinds: readonly string[],
  sizes: readonly number[],
  columnOf: (kind: string, size: number) => string,
): void {
  console.log(`\n${title}`);
  const heads = sizes.map((size) => `${size} MB`);
  console.log("".padEnd(2 * NAME_WIDTH) + heads.map((head) => head.padStart(14)).join(""));
  for (const [candidate, figures] of Object.entries(table)) {
    for (const kind of kinds) {
      const times = sizes.map((size) => figures[columnOf(kind, size)]);
      const cells = times.map((time, i) => {
        if (time === undefined) return "-";
        const before = times[i - 1];
        return before === undefined ? shown(time) : `${shown(time)} (${(time / before).toFixed(2)})`;
      });
      const name = candidate.padEnd(NAME_WIDTH) + kind.padEnd(NAME_WIDTH);
      console.log(name + cells.map((cell) => cell.padStart(14)).join(""));
    }
  }
}
