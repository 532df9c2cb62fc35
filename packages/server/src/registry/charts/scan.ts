import { thin } from '../../charts/thin.ts';
import type { Dialect, Reader } from '../../db/database.ts';
import { listOf } from '../../db/one-of.ts';
import type { Point } from '../evidence/points.ts';
import { breath } from '../paging/breath.ts';
import { type Place, placeOf, type Queries, queriesOf, type Summary } from './scan-queries.ts';

export interface Scanned {
  /** Points that there are. */
  count: number;
  points: Point[];
}

/** Stretches for each point that is to be kept. Each gives its least and greatest value, of which some are kept. */
const STRETCHES = 2;
/** Stretches that hold more than so many times their share are cut again, so often at most. */
const CROWDED = 16;
const CUTS = 4;

interface Candidate {
  x: number;
  value: number;
  summary: Summary;
}

/**
 * At most `most` points of a metric that has more than can be read one by one: the first and last, and those that show
 * its shape and its extremes. The database tells the least and greatest value of each of many stretches, and of these
 * the largest triangles are kept (J. Van Der Donckt and others, MinMaxLTTB, IEEE VIS 2023).
 */
export async function scan(read: Reader, dialect: Dialect, place: Place, most: number): Promise<Scanned> {
  const { of, owner, name } = place;
  const ends = { owner, name };
  const major = queriesOf(of, 'major');
  const [[first], [last]] = [await major.first(read, ends), await major.last(read, ends)];
  if (!first || !last) return { count: 0, points: [] };
  const by = placeOf(first, of, 'major') === placeOf(last, of, 'major') ? 'minor' : 'major';
  const fixed = placeOf(first, of, 'major');
  const along = (point: Point) => placeOf(point, of, by);
  const cut = cutter(read, dialect, { queries: queriesOf(of, by), along }, { owner, name, fixed });
  const summaries = await cut.evenly(along(first), along(last), most * STRETCHES);
  const candidates = summaries.flatMap(toCandidates);
  const kept = thin(
    candidates.map(({ x }) => x),
    candidates.map(({ value }) => value),
    most - 2,
  ).map((i) => candidates[i] as Candidate);
  const count = summaries.reduce((sum, summary) => sum + summary.count, 0);
  const between = (await cut.find(kept)).filter((point) => !isSame(point, first) && !isSame(point, last));
  return { count, points: isSame(first, last) ? [first] : [first, ...between, last] };
}

/** Whether a metric has more than so many points. */
export async function isLonger(read: Reader, { of, owner, name }: Place, than: number): Promise<boolean> {
  return (await queriesOf(of, 'major').beyond(read, { owner, name, most: than })).length > 0;
}

function isSame(a: Point, b: Point): boolean {
  return a.step === b.step && a.timestamp === b.timestamp && a.value === b.value && a.is_nan === b.is_nan;
}

/** The extremes of a stretch stand where it begins and ends: their true places are looked up once it is known which are kept. */
function toCandidates(summary: Summary): Candidate[] {
  const { from, to, least, greatest } = summary;
  if (least === null || greatest === null) return [{ x: from, value: Number.NaN, summary }];
  const all = { summary, x: from, value: least };
  return least === greatest ? [all] : [all, { summary, x: to, value: greatest }];
}

function cutter(
  read: Reader,
  dialect: Dialect,
  { queries, along }: { queries: Queries; along(point: Point): number },
  of: { owner: string | number; name: string; fixed: number },
) {
  /** Summaries of stretches of equal width, those that hold anything, in order. */
  async function evenly(from: number, to: number, stretches: number, cuts = CUTS): Promise<Summary[]> {
    const width = Math.max(1, Math.ceil((to - from + 1) / stretches));
    const sums = dialect === 'postgres' ? await together(from, to, width) : await oneByOne(from, to, width);
    const share = sums.reduce((sum, { count }) => sum + count, 0) / stretches;
    const cut: Summary[] = [];
    for (const sum of sums) {
      const pieces = Math.ceil(sum.count / Math.max(1, share));
      if (cuts > 0 && pieces > CROWDED && sum.to > sum.from) cut.push(...(await within(sum, pieces, cuts - 1)));
      else cut.push(await drawn(sum));
    }
    return cut;
  }

  /** Pieces of what there is of a stretch, which may stand close together. */
  async function within({ from, to }: Summary, pieces: number, cuts: number): Promise<Summary[]> {
    const [first] = await queries.firstIn(read, { ...of, from, to });
    const [last] = await queries.lastIn(read, { ...of, from, to });
    return first && last ? evenly(along(first), along(last), pieces, cuts) : [];
  }

  async function oneByOne(from: number, to: number, width: number): Promise<Summary[]> {
    const sums: Summary[] = [];
    for (let at = from; at <= to; at += width) {
      const stretch = { from: at, to: Math.min(to, at + width - 1) };
      const [sum] = await queries.sum(read, { ...of, ...stretch });
      if (sum && sum.count > 0) sums.push({ ...stretch, ...sum });
      await breath();
    }
    return sums;
  }

  async function together(from: number, to: number, width: number): Promise<Summary[]> {
    const sums = await queries.sumEach(read, { ...of, from, to, width });
    return sums
      .map(({ place, ...sum }) => {
        const at = from + place * width;
        return { from: at, to: Math.min(to, at + width - 1), ...sum };
      })
      .sort((a, b) => a.from - b.from);
  }

  /** NaN is kept as 0, and infinities would hide every other extreme: a stretch with any of them is looked at again. */
  async function drawn(sum: Summary): Promise<Summary> {
    const infinite = Math.max(Math.abs(sum.least ?? 0), Math.abs(sum.greatest ?? 0)) >= Number.MAX_VALUE;
    if (sum.nans === 0 && !infinite) return sum;
    const [again] = await queries.sumDrawn(read, { ...of, from: sum.from, to: sum.to });
    return { ...sum, least: again?.least ?? null, greatest: again?.greatest ?? null };
  }

  /** The points that candidates stand for; of a gap any one of it. */
  async function find(candidates: readonly Candidate[]): Promise<Point[]> {
    const sought = candidates.filter(({ value }) => !Number.isNaN(value));
    const gaps: Point[] = [];
    for (const { value, summary } of candidates)
      if (Number.isNaN(value))
        gaps.push(...(await queries.firstIn(read, { ...of, from: summary.from, to: summary.to })));
    if (dialect === 'postgres') {
      const list = (each: (one: Candidate) => number) => listOf(read, sought.map(each));
      const found = await queries.findEach(read, {
        ...of,
        from: list(({ summary }) => summary.from),
        to: list(({ summary }) => summary.to),
        values: list(({ value }) => value),
      });
      return [...found, ...gaps];
    }
    const found: Point[] = [];
    for (const { value, summary } of sought) {
      found.push(...(await queries.find(read, { ...of, from: summary.from, to: summary.to, value })));
      await breath();
    }
    return [...found, ...gaps];
  }

  return { evenly, find };
}
