/**
 * Which points of a series stand for all of it: at most `most` indexes, ascending, the first and last finite point and the
 * least and greatest value among them. `xs` ascend; a `ys` that is not finite is a gap, and the longest gaps stay.
 *
 * Largest triangle three buckets (S. Steinarsson, Downsampling Time Series for Visual Representation, University of
 * Iceland 2013, section 4.2), to which the extremes are added, since nothing there promises to keep them.
 */
export function thin(xs: ArrayLike<number>, ys: ArrayLike<number>, most: number): number[] {
  if (xs.length <= most) return Array.from(xs, (_, i) => i);
  const there = finiteOf(ys);
  const gaps = longestGaps(ys, Math.max(0, Math.min(Math.floor(most / 4), most - 4)));
  const room = most - gaps.length;
  if (there.length <= room) return [...there, ...gaps].sort(ascending);
  const [least, greatest] = extremesOf(ys, there);
  if (room < 4) return unique([there[0]!, least, greatest, there.at(-1)!].slice(0, room));
  return unique([...largestTriangles(xs, ys, there, room - 2), least, greatest, ...gaps]);
}

const ascending = (a: number, b: number) => a - b;
const unique = (indexes: readonly number[]) => [...new Set(indexes)].sort(ascending);

function finiteOf(ys: ArrayLike<number>): number[] {
  const there: number[] = [];
  for (let i = 0; i < ys.length; i += 1) if (Number.isFinite(ys[i])) there.push(i);
  return there;
}

function extremesOf(ys: ArrayLike<number>, there: readonly number[]): [least: number, greatest: number] {
  let [least, greatest] = [there[0]!, there[0]!];
  for (const i of there) {
    if (ys[i]! < ys[least]!) least = i;
    if (ys[i]! > ys[greatest]!) greatest = i;
  }
  return [least, greatest];
}

/** One index of each of the longest runs of points that are not finite. */
function longestGaps(ys: ArrayLike<number>, most: number): number[] {
  const gaps: { at: number; length: number }[] = [];
  for (let i = 0; i < ys.length; i += 1) {
    if (Number.isFinite(ys[i])) continue;
    const last = gaps.at(-1);
    if (last && last.at + last.length === i) last.length += 1;
    else gaps.push({ at: i, length: 1 });
  }
  return gaps
    .sort((a, b) => b.length - a.length)
    .slice(0, most)
    .map(({ at }) => at);
}

/** `count` (2 or more) of the points `there`: the first, the last, and of each bucket between them the one that stands out most. */
function largestTriangles(
  xs: ArrayLike<number>,
  ys: ArrayLike<number>,
  there: readonly number[],
  count: number,
): number[] {
  const last = there.length - 1;
  const kept = [there[0]!];
  // Both axes become 0 to 1, so that no area is beyond what a double holds.
  const x = unitScale(xs, there);
  const y = unitScale(ys, there);
  const size = (last - 1) / Math.max(1, count - 2);
  const edge = (bucket: number) => Math.min(last, 1 + Math.floor(bucket * size));
  for (let bucket = 0; bucket < count - 2; bucket += 1) {
    const [from, to] = [edge(bucket), edge(bucket + 1)];
    const after = mean(x, y, there, to, bucket === count - 3 ? last + 1 : edge(bucket + 2));
    const before = kept.at(-1)!;
    let [best, area] = [from, -1];
    for (let i = from; i < to; i += 1) {
      const at = there[i]!;
      const twice = Math.abs((x(before) - after.x) * (y(at) - y(before)) - (x(before) - x(at)) * (after.y - y(before)));
      if (twice > area) [best, area] = [i, twice];
    }
    kept.push(there[best]!);
  }
  kept.push(there[last]!);
  return kept;
}

type Scale = (index: number) => number;

function unitScale(values: ArrayLike<number>, there: readonly number[]): Scale {
  const [least, greatest] = extremesOf(values, there).map((i) => values[i]!) as [number, number];
  const half = greatest / 2 - least / 2;
  return (i) => (half === 0 ? 0 : (values[i]! / 2 - least / 2) / half);
}

function mean(x: Scale, y: Scale, there: readonly number[], from: number, to: number): { x: number; y: number } {
  let [sumX, sumY] = [0, 0];
  for (let i = from; i < to; i += 1) {
    sumX += x(there[i]!);
    sumY += y(there[i]!);
  }
  const n = Math.max(1, to - from);
  return { x: sumX / n, y: sumY / n };
}
