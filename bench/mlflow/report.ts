import { VERDICTS } from '../report.ts';
import { type Column, joinTables, megabytes, number, tableOf } from '../table.ts';
import type { Comparison, Cost } from './measure/compare-call.ts';
import { type Both, SIDES } from './measure/sides.ts';
import type { Start } from './measure/starts.ts';
import type { Transfer } from './measure/transfers.ts';
import { verdictsOf } from './targets.ts';

export interface Report {
  starts: Start[];
  comparisons: Comparison[];
  transfers: Transfer[];
}

const NAMES: Both<string> = { assayer: 'Assayer', mlflow: 'MLflow' };

/** A column for each of the two. */
const both = <T>(title: string, cell: (row: T, name: keyof Both<unknown>) => string): Column<T>[] =>
  SIDES.map((name) => [`${NAMES[name]} ${title}`, (row) => cell(row, name)]);

const cost = (title: string, of: (cost: Cost) => number, digits: number): Column<Comparison>[] =>
  both(title, (row, name) => number(of(row[name]), digits));

const COMPARISONS: readonly Column<Comparison>[] = [
  ['call', (c) => c.row],
  ['clients', (c) => number(c.clients)],
  ...cost('CPU µs', (c) => c.cpu, 0),
  ['ratio', (c) => number(c.ratio, 1)],
  ['at least', (c) => number(c.atLeast)],
  ...cost('p50 ms', (c) => c.p50, 2),
  ...cost('p99 ms', (c) => c.p99, 2),
  ...cost('req/s', (c) => c.requestsPerSecond, 0),
  ['errors', (c) => number(c.errors)],
  ['MLflow errors', (c) => number(c.peerErrors)],
];

const perGigabyte = ({ cpuSeconds, bytes }: { cpuSeconds: number; bytes: number }) => (cpuSeconds * 1e9) / bytes;

const TRANSFERS: readonly Column<Transfer>[] = [
  ['transfer', (t) => t.transfer],
  ['MiB', (t) => number(t.bytes / 2 ** 20)],
  ...both<Transfer>('s', (t, name) => number(t[name].seconds, 2)),
  ...both<Transfer>('CPU s/GB', (t, name) => number(perGigabyte(t[name]), 2)),
  ...both<Transfer>('RSS growth MB', (t, name) => megabytes(t[name].growthBytes)),
  ['errors', (t) => number(t.errors)],
];

const STARTS: readonly Column<Start>[] = [
  ['server', (s) => s.server],
  ['start s', (s) => number(s.seconds, 2)],
  ['start CPU s', (s) => number(s.cpuSeconds, 2)],
  ['idle RSS MB', (s) => megabytes(s.residentBytes)],
  ['idle PSS MB', (s) => megabytes(s.shareBytes)],
];

export function tablesOf(report: Report): string {
  return joinTables([
    tableOf(STARTS, report.starts),
    tableOf(TRANSFERS, report.transfers),
    tableOf(COMPARISONS, report.comparisons),
    tableOf(VERDICTS, verdictsOf(report)),
  ]);
}

/** What MLflow failed at, in words: it is told, and nothing more. */
export function peerTroublesOf({ comparisons }: Report): string[] {
  return comparisons.flatMap(({ call, peerTroubles }) => peerTroubles.map((words) => `${call}: MLflow: ${words}`));
}

/** What went wrong, in words. */
export function troublesOf({ comparisons, transfers }: Report): string[] {
  return [
    ...comparisons.flatMap(({ call, troubles }) => troubles.map((words) => `${call}: ${words}`)),
    ...transfers.flatMap(({ transfer, troubles }) => troubles.map((words) => `${transfer}: ${words}`)),
  ];
}
