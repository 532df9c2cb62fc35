import type { PolicyCheck } from '../../../contract/policy.ts';
import { type DatasetAsked, type Evidence, evaluationOn } from '../evidence.ts';
import { failed, type Outcome, passed } from './outcome.ts';
import { readingOf, toNumber } from './reading.ts';

type NotWorseThanLive = Extract<PolicyCheck, { check: 'not_worse_than_live' }>;

/**
 * The metric is as good as that of the live version, or worse by no more than the tolerance. On a data set both values
 * are of the same digest: like is held against like.
 */
export function notWorseThanLive(
  { version, live, definitions }: Evidence,
  { metric, tolerance = 0, direction, dataset }: NotWorseThanLive,
): Outcome {
  if (!live) return passed('nothing was live there to hold it against', []);
  const better = direction ?? definitions.get(metric)?.direction ?? undefined;
  const definition = `/api/v1/metric-definitions/${encodeURIComponent(metric)}`;
  if (better === undefined)
    return failed(
      `nobody has said whether a higher or a lower ${metric} is better`,
      `say so: PUT ${definition} {"direction": "higher"}, or in the check of the policy`,
      [{ what: `direction of ${metric}`, value: null, href: definition }],
    );
  const own = readingOf(version, metric, dataset);
  if (!own.reading) return failed(own.missing.detail, own.missing.remedy, own.missing.facts);
  const other = readingOf(live, metric, sameDataset(version, dataset));
  if (!other.reading)
    return failed(`${other.missing.detail}, to which it is compared`, other.missing.remedy, [
      own.reading,
      ...other.missing.facts,
    ]);
  const facts = [own.reading, other.reading];
  const [mine, theirs] = [toNumber(own.reading.value), toNumber(other.reading.value)];
  const slack = tolerance === 0 ? '' : ` by more than ${tolerance}`;
  const detail = `${own.what} is ${own.reading.value}, that of ${live.name}, live there last, ${other.reading.value}; it must not be ${better === 'higher' ? 'lower' : 'higher'}${slack}`;
  if (Number.isNaN(mine) || Number.isNaN(theirs)) {
    const whose = Number.isNaN(mine) ? version : live;
    return failed(detail, `NaN cannot be compared: measure ${metric} of ${whose.name} again`, facts);
  }
  if (isWithin(better === 'higher' ? theirs - mine : mine - theirs, tolerance, mine, theirs))
    return passed(detail, facts);
  const side = better === 'higher' ? 'at least' : 'at most';
  return failed(
    detail,
    `bring a version whose ${metric} is ${side} that of ${live.name}${tolerance === 0 ? '' : `, give or take ${tolerance}`}`,
    facts,
  );
}

/** The digest that the version was evaluated on last is the one on which the live version counts. */
function sameDataset(version: Evidence['version'], dataset: DatasetAsked | undefined): DatasetAsked | undefined {
  return dataset && evaluationOn(version, dataset).counts?.dataset;
}

/** A difference of equal infinities is NaN, and none. A tolerance is meant in decimals: the last bits of a sum do not count. */
function isWithin(worse: number, tolerance: number, a: number, b: number): boolean {
  if (a === b) return true;
  const rounding = tolerance === 0 ? 0 : 1e-12 * Math.max(Math.abs(a), Math.abs(b));
  return worse <= tolerance + (Number.isFinite(rounding) ? rounding : 0);
}
