import type { Evaluation } from '../../contract/evaluation.ts';
import type { Metric, MetricDefinition } from '../../contract/metric.ts';
import type { Version } from '../../contract/version.ts';

/** A version, as far as the rules look at it. */
export interface Witness {
  /** As it stands in a sentence: `churn/7`. */
  name: string;
  /** Where it is read. */
  href: string;
  version: Version;
  /** The latest of each metric: its own one, or else that of what it was made from. */
  metrics: ReadonlyMap<string, Metric>;
  /** The newest on each data set that is asked about, by `keyOfDataset`. */
  evaluations: ReadonlyMap<string, Evaluation>;
}

/** Everything that the rules look at. No clock, no database, no request. */
export interface Evidence {
  /** When it is judged, epoch milliseconds. */
  at: number;
  version: Witness;
  /** What it is held against: the version that is at the target now. */
  live: Witness | undefined;
  definitions: ReadonlyMap<string, MetricDefinition>;
}

/** A data set, of one digest or of whichever was evaluated on last. */
export interface DatasetAsked {
  name: string;
  digest?: string | undefined;
}

/**
 * The evaluation of a version on a data set that says something of what the version is now: one that was recorded while it
 * was open says nothing of the artifacts that it was sealed with.
 */
export function evaluationOn(
  { version, evaluations }: Pick<Witness, 'version' | 'evaluations'>,
  dataset: DatasetAsked,
): { counts?: Evaluation; isOfOther: boolean } {
  const newest = evaluations.get(keyOfDataset(dataset));
  const isOfOther =
    newest !== undefined && (newest.version_digest === null || newest.version_digest !== version.digest);
  return newest && !isOfOther ? { counts: newest, isOfOther } : { isOfOther };
}

export function keyOfDataset({ name, digest }: DatasetAsked): string {
  return JSON.stringify([name, digest ?? null]);
}
