export type Column<T> = [title: string, cell: (row: T) => string];

export const number = (value: number | undefined, digits = 0): string =>
  value === undefined || Number.isNaN(value) ? '–' : value.toFixed(digits);
export const megabytes = (bytes: number | undefined): string => number(bytes === undefined ? undefined : bytes / 1e6);

/** Reads in a terminal and in Markdown. Empty where there are no rows. */
export function tableOf<T>(columns: readonly Column<T>[], rows: readonly T[]): string {
  if (rows.length === 0) return '';
  const cells = [columns.map(([title]) => title), ...rows.map((row) => columns.map(([, cell]) => cell(row)))];
  const widths = columns.map((_, i) => Math.max(...cells.map((row) => (row[i] as string).length)));
  // Words stand left, numbers right.
  const isWord = columns.map((_, i) => /[a-z]{3}/.test(cells[1]?.[i] as string));
  const line = (row: string[]) => {
    const padded = row.map((cell, i) =>
      isWord[i] ? cell.padEnd(widths[i] as number) : cell.padStart(widths[i] as number),
    );
    return `| ${padded.join(' | ')} |`;
  };
  const [head, ...body] = cells.map(line);
  const rule = `|${widths.map((width, i) => `${'-'.repeat(width + 1)}${isWord[i] ? '-' : ':'}`).join('|')}|`;
  return [head, rule, ...body].join('\n');
}

export const joinTables = (tables: readonly string[]): string => tables.filter((table) => table !== '').join('\n\n');
