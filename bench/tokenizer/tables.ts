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

/** Every figure as it is. */
export function printFigures(title: string, table: Table): void {
  console.log(`\n${title}`);
  printRows(table, (candidate, column) => table[candidate]?.[column]?.toFixed(2) ?? "-");
}
