import type { Figure } from './measure/call.ts';
import type { Report } from './measure/installation.ts';
import { formatSize } from './seed/shape.ts';

/** What is promised, and what was measured of it. */
export interface Verdict {
  target: string;
  measured: string;
  hit: boolean;
}

/** Many clients, but not so many that they wait for each other only. */
const CLIENTS = 32;
const POINT_READS = ['get-model', 'get-version', 'get-alias'];
const CHANGES = ['create-model', 'create-version', 'set-tag', 'set-alias', 'promote', 'changes'];
const GROWING = [...POINT_READS, 'list-filtered', 'list-production', 'search-text', 'search-name'];

/** Every target that the figures at hand can be held against. */
export function verdictsOf(report: Report): Verdict[] {
  const databases = [...new Set(report.starts.map(({ database }) => database))];
  return databases.flatMap((database) => {
    const of = <T extends { database: string }>(rows: T[]) => rows.filter((row) => row.database === database);
    const figures = of(report.figures);
    const verdicts = [
      ...reads(figures),
      ...pages(figures),
      ...growth(figures),
      ...changes(figures, database),
      ...hauls({ ...report, hauls: of(report.hauls) }),
      ...memory({ ...report, figures, starts: of(report.starts) }),
    ];
    return verdicts.map((verdict) => ({ ...verdict, target: `${database}: ${verdict.target}` }));
  });
}

/** The one that is furthest from its target decides. */
function atMost<T>(
  target: string,
  rows: T[],
  value: (row: T) => number,
  most: number,
  words: (row: T) => string,
): Verdict[] {
  const [worst] = rows.filter((row) => !Number.isNaN(value(row))).sort((a, b) => value(b) - value(a));
  return worst === undefined ? [] : [{ target, measured: words(worst), hit: value(worst) <= most }];
}

const where = ({ call, versions, clients }: Figure): string => `${call}, ${formatSize(versions)}, ${clients} clients`;

function reads(figures: Figure[]): Verdict[] {
  const target = 'one model, version or alias costs at most 4 times the CPU of bare node:http';
  const rows = figures.filter(({ call, clients }) => POINT_READS.includes(call) && clients === CLIENTS);
  return atMost(
    target,
    rows,
    (f) => f.ratio,
    4,
    (f) => `${f.ratio.toFixed(1)} times (${where(f)})`,
  );
}

function pages(figures: Figure[]): Verdict[] {
  const target = 'a filtered page of 50 at 100k versions takes under 3 ms of CPU';
  const rows = figures.filter((f) => /^list-(filtered|production)$/.test(f.call) && f.versions === 100_000);
  const filtered = atMost(
    target,
    rows,
    (f) => f.cpu,
    3_000,
    (f) => `${(f.cpu / 1e3).toFixed(2)} ms (${where(f)})`,
  );
  const pairs = figures.flatMap((deep) => {
    const first = figures.find((f) => f.call === 'list-first' && sameBut('call', f, deep));
    return deep.call === 'list-deep' && first ? [{ deep, times: deep.cpu / first.cpu }] : [];
  });
  const words = ({ deep, times }: { deep: Figure; times: number }) => `${times.toFixed(2)} times (${where(deep)})`;
  const last = 'the last page of a walk costs at most 1.5 times the first';
  return [...filtered, ...atMost(last, pairs, (pair) => pair.times, 1.5, words)];
}

function growth(figures: Figure[]): Verdict[] {
  const target = 'reads, filtered pages and full text cost at most 1.5 times more at 1M versions than at 10k';
  const pairs = figures.flatMap((large) => {
    const small = figures.find((f) => f.versions === 10_000 && sameBut('versions', f, large));
    const fits = large.versions === 1_000_000 && large.clients === CLIENTS && GROWING.includes(large.call);
    return fits && small ? [{ large, times: large.cpu / small.cpu }] : [];
  });
  return atMost(
    target,
    pairs,
    ({ times }) => times,
    1.5,
    ({ large, times }) => `${times.toFixed(2)} times (${large.call})`,
  );
}

function sameBut(key: 'call' | 'versions', a: Figure, b: Figure): boolean {
  return a.clients === b.clients && (key === 'call' ? a.versions === b.versions : a.call === b.call);
}

function changes(figures: Figure[], database: string): Verdict[] {
  const least = database === 'sqlite' ? 4_000 : 1_000;
  const target = `at ${CLIENTS} clients at least ${least} changes/s, durable and in the ledger`;
  const rows = figures.filter(({ call, clients }) => CHANGES.includes(call) && clients === CLIENTS);
  const words = (f: Figure) => `${f.requestsPerSecond.toFixed(0)}/s (${where(f)})`;
  return atMost(target, rows, (f) => -f.requestsPerSecond, -least, words);
}

function hauls({ hauls }: Report): Verdict[] {
  const of = (name: string) => hauls.filter(({ haul }) => haul === name);
  const perGib = (h: { cpuSeconds: number; bytes?: number }) => (h.cpuSeconds * 2 ** 30) / (h.bytes as number);
  const cpu = (h: { cpuSeconds: number; bytes?: number }) => `${perGib(h).toFixed(2)} CPU s`;
  const carried = hauls.filter(({ growthBytes }) => growthBytes !== undefined);
  return [
    ...atMost('upload of 1 GiB takes at most 2.7 CPU s', of('upload'), perGib, 2.7, cpu),
    ...atMost('download of 1 GiB takes at most 1.2 CPU s', of('download'), perGib, 1.2, cpu),
    ...atMost(
      'memory grows by less than 64 MiB meanwhile',
      carried,
      (h) => h.growthBytes as number,
      64 * 2 ** 20,
      (h) => `${((h.growthBytes as number) / 2 ** 20).toFixed(0)} MiB (${h.haul})`,
    ),
    ...atMost(
      'p99 of point reads during an upload stays under 20 ms',
      of('upload beside reads'),
      (h) => h.readP99 as number,
      20,
      (h) => `${(h.readP99 as number).toFixed(1)} ms`,
    ),
    ...atMost(
      'a walk over 100k versions takes under 5 s',
      of('walk').filter(({ versions }) => versions === 100_000),
      (h) => h.seconds,
      5,
      (h) => `${h.seconds.toFixed(1)} s`,
    ),
  ];
}

function memory({ starts, figures }: Report): Verdict[] {
  const megabytes = (row: { residentBytes: number }) => row.residentBytes / 1e6;
  return [
    ...atMost('under 120 MB resident after start', starts, megabytes, 120, (s) => `${megabytes(s).toFixed(0)} MB`),
    ...atMost(
      'under 250 MB resident under load',
      figures,
      megabytes,
      250,
      (f) => `${megabytes(f).toFixed(0)} MB (after ${where(f)})`,
    ),
  ];
}
