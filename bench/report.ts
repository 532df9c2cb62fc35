import type { Figure } from './measure.ts';
import { formatSize } from './seed/shape.ts';

type Column = [title: string, cell: (figure: Figure) => string];

const COLUMNS: readonly Column[] = [
  ['call', (f) => f.call],
  ['database', (f) => f.database],
  ['versions', (f) => formatSize(f.versions)],
  ['clients', (f) => String(f.clients)],
  ['req/s', (f) => f.requestsPerSecond.toFixed(0)],
  ['p50 ms', (f) => f.p50.toFixed(2)],
  ['p99 ms', (f) => f.p99.toFixed(2)],
  ['CPU µs', (f) => f.cpu.toFixed(0)],
  ['node:http', (f) => f.peerCpu.toFixed(0)],
  ['ratio', (f) => f.ratio.toFixed(1)],
  ['RSS MB', (f) => (f.residentBytes / 1e6).toFixed(0)],
  ['errors', (f) => String(f.errors)],
];

/** A table that reads in a terminal and in Markdown. */
export function tableOf(figures: readonly Figure[]): string {
  const rows = [COLUMNS.map(([title]) => title), ...figures.map((figure) => COLUMNS.map(([, cell]) => cell(figure)))];
  const widths = COLUMNS.map((_, i) => Math.max(...rows.map((row) => (row[i] as string).length)));
  const line = (cells: string[]) =>
    `| ${cells.map((cell, i) => (i < 2 ? cell.padEnd(widths[i] as number) : cell.padStart(widths[i] as number))).join(' | ')} |`;
  const [head, ...body] = rows.map(line);
  const rule = `|${widths.map((width, i) => `${'-'.repeat(width + 1)}${i < 2 ? '-' : ':'}`).join('|')}|`;
  return [head, rule, ...body].join('\n');
}

export function troublesOf(figures: readonly Figure[]): string[] {
  return figures.flatMap(({ call, database, clients, troubles }) =>
    troubles.map((trouble) => `${call} on ${database} with ${clients} clients: ${trouble}`),
  );
}
