import { escapeLine } from './escape.ts';
import { cut, widthOf } from './width.ts';

export interface Column<T> {
  head: string;
  cell(row: T): string | number | null | undefined;
  right?: boolean;
  /** Longer text is cut. */
  most?: number;
}

/** Aligned columns; a column in which no row has anything is left out. */
export function table<T>(rows: readonly T[], columns: readonly Column<T>[]): string[] {
  if (rows.length === 0) return [];
  const texts = columns.map(({ cell, most = 60 }) => rows.map((row) => cut(escapeLine(String(cell(row) ?? '')), most)));
  const shown = columns.map((column, i) => ({ ...column, cells: texts[i] as string[] })).filter(isUsed);
  const widths = shown.map(({ head, cells }) => Math.max(widthOf(head), ...cells.map(widthOf)));
  const line = (cells: readonly string[]) =>
    cells
      .map((text, i) => pad(text, widths[i] as number, shown[i]?.right ?? false))
      .join('  ')
      .trimEnd();
  return [
    line(shown.map(({ head }) => head)),
    ...rows.map((_, r) => line(shown.map(({ cells }) => cells[r] as string))),
  ];
}

function isUsed({ cells }: { cells: readonly string[] }): boolean {
  return cells.some((text) => text !== '');
}

function pad(text: string, width: number, right: boolean): string {
  const space = ' '.repeat(Math.max(0, width - widthOf(text)));
  return right ? space + text : text + space;
}

/** `name  value` pairs, the names aligned; pairs without a value are left out. */
export function pairs(entries: readonly (readonly [string, string | number | null | undefined])[]): string[] {
  const used = entries.filter(([, value]) => value !== null && value !== undefined && value !== '');
  const width = Math.max(0, ...used.map(([name]) => widthOf(name)));
  return used.map(([name, value]) => `${pad(name, width, false)}  ${escapeLine(String(value))}`);
}
