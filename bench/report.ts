import type { Figure } from './measure/call.ts';
import type { Haul } from './measure/haul.ts';
import type { Report, Start } from './measure/installation.ts';
import { formatSize } from './seed/shape.ts';
import { type Column, joinTables, megabytes, number, tableOf } from './table.ts';
import { type Verdict, verdictsOf } from './targets.ts';

const WHERE: readonly Column<{ database: string; versions: number }>[] = [
  ['database', (row) => row.database],
  ['versions', (row) => formatSize(row.versions)],
];

const FIGURES: readonly Column<Figure>[] = [
  ['call', (f) => f.call],
  ...WHERE,
  ['clients', (f) => number(f.clients)],
  ['req/s', (f) => number(f.requestsPerSecond)],
  ['p50 ms', (f) => number(f.p50, 2)],
  ['p99 ms', (f) => number(f.p99, 2)],
  ['CPU µs', (f) => number(f.cpu)],
  ['of database', (f) => number(f.databaseCpu)],
  ['node:http', (f) => number(f.peerCpu)],
  ['ratio', (f) => number(f.ratio, 1)],
  ['RSS MB', (f) => megabytes(f.residentBytes)],
  ['errors', (f) => number(f.errors)],
];

const HAULS: readonly Column<Haul>[] = [
  ['haul', (h) => h.haul],
  ...WHERE,
  ['MiB', (h) => number(h.bytes === undefined ? undefined : h.bytes / 2 ** 20)],
  ['s', (h) => number(h.seconds, 2)],
  ['CPU s', (h) => number(h.cpuSeconds, 2)],
  ['RSS growth MB', (h) => megabytes(h.growthBytes)],
  ['reads p50 ms', (h) => number(h.readP50, 2)],
  ['reads p99 ms', (h) => number(h.readP99, 2)],
  ['errors', (h) => number(h.errors)],
];

const STARTS: readonly Column<Start>[] = [
  ...WHERE,
  ['start s', (s) => number(s.seconds, 2)],
  ['RSS MB', (s) => megabytes(s.residentBytes)],
];

export const VERDICTS: readonly Column<Verdict>[] = [
  ['target', (v) => v.target],
  ['measured', (v) => v.measured],
  ['', (v) => (v.hit ? 'hit' : 'missed')],
];

/** Tables that read in a terminal and in Markdown. */
export function tablesOf(report: Report): string {
  const { starts, figures, hauls } = report;
  const tables = [
    tableOf(STARTS, starts),
    tableOf(HAULS, hauls),
    tableOf(FIGURES, figures),
    tableOf(VERDICTS, verdictsOf(report)),
  ];
  return joinTables(tables);
}

/** What went wrong, in words. */
export function troublesOf({ figures, hauls }: Report): string[] {
  return [
    ...hauls.flatMap(({ haul, database, troubles }) => troubles.map((words) => `${haul} on ${database}: ${words}`)),
    ...figures.flatMap(({ call, database, clients, troubles }) =>
      troubles.map((words) => `${call} on ${database} with ${clients} clients: ${words}`),
    ),
  ];
}
