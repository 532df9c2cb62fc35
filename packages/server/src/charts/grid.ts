import { fitted, PADDING } from './frame.ts';
import { shorten, toDistinct } from './labels.ts';
import type { Spec } from './spec.ts';
import { textWidth } from './text-width.ts';
import { COLOURS, type Look, SIZE } from './theme.ts';

export interface Cell {
  /** 0 to 1: how strong its colour is; null is a cell without. */
  shade: number | null;
  told: string;
}

/** Pixels of a cell, at least: a line of text, and a number of four digits. */
const LOWEST = 16;
const NARROWEST = 16;

interface Grid {
  rows: readonly { name: string; suffix?: string }[];
  columns: readonly string[];
  cells: readonly (readonly Cell[])[];
  rowTitle: string | null;
  columnTitle: string | null;
  legend: Spec | null;
}

/** Cells in rows and columns, each with its number where that fits. A picture that would be too small for its labels grows. */
export function gridBody(look: Look, grid: Grid): Spec {
  const { theme } = look;
  const { ramp, turn, onLittle, onMuch, grid: lines } = COLOURS[theme];
  const room = Math.min(220, look.width / 3);
  const rows = toDistinct(
    grid.rows.map(({ name, suffix = '' }) => {
      const told = textWidth(suffix, SIZE.label);
      return told > room / 2 ? shorten(name, room, SIZE.label) : shorten(name, room - told, SIZE.label) + suffix;
    }),
  );
  const columns = toDistinct(grid.columns.map((label) => shorten(label, 150, SIZE.label)));
  const widest = (labels: readonly string[]) => Math.max(0, ...labels.map((label) => textWidth(label, SIZE.label)));
  const beside = widest(rows) + (grid.rowTitle ? 26 : 0) + (grid.legend ? 80 : 0) + 14 + 2 * PADDING;
  const told = widest(grid.cells.flat().map((cell) => cell.told));
  const width = Math.max(look.width, beside + columns.length * NARROWEST);
  const step = (width - beside) / columns.length;
  const upright = widest(columns) + 8 > step;
  const above = (upright ? widest(columns) : 14) + (grid.columnTitle ? 24 : 0) + 72 + PADDING;
  const height =
    above + Math.max(rows.length * LOWEST, grid.legend ? 70 : 0, Math.min(look.height - above, rows.length * 90));
  const values = grid.cells.flatMap((row, i) =>
    row.map((cell, j) => ({ ...cell, row: rows[i] as string, column: columns[j] as string })),
  );
  const shown = told + 4 <= step && (height - above) / rows.length >= SIZE.label + 2;
  return {
    ...fitted({ ...look, width, height }),
    data: { values },
    encoding: {
      y: {
        field: 'row',
        type: 'nominal',
        sort: null,
        title: grid.rowTitle,
        scale: { domain: rows },
        axis: { ticks: false, domain: false },
      },
      x: {
        field: 'column',
        type: 'nominal',
        sort: null,
        title: grid.columnTitle,
        scale: { domain: columns },
        axis: { orient: 'top', ticks: false, domain: false, ...(upright ? { labelAngle: -90 } : { labelAngle: 0 }) },
      },
    },
    layer: [
      {
        mark: { type: 'rect', stroke: lines, strokeWidth: 1, invalid: null },
        encoding: {
          color: {
            condition: { test: '!isValid(datum.shade)', value: 'transparent' },
            field: 'shade',
            type: 'quantitative',
            scale: { domain: [0, 1], range: [...ramp] },
            legend: grid.legend && { ...grid.legend, gradientLength: Math.min(110, height - above - 16) },
            title: null,
          },
        },
      },
      ...(shown
        ? [
            {
              mark: { type: 'text', baseline: 'middle' },
              encoding: {
                text: { field: 'told' },
                color: { condition: { test: `datum.shade > ${turn}`, value: onMuch }, value: onLittle },
              },
            },
          ]
        : []),
    ],
  };
}
