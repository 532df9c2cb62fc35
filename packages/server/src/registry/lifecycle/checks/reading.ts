import type { MetricOrigin } from '../../../contract/metric.ts';
import type { Fact } from '../../../contract/promotion.ts';
import type { MetricValue } from '../../../contract/shapes.ts';
import { type DatasetAsked, evaluationOn, type Witness } from '../evidence.ts';

/** A value of a metric as it was read, and where. */
interface Reading extends Fact {
  value: MetricValue;
}

/** What is told where there is no value. */
interface Missing {
  detail: string;
  remedy: string;
  facts: Fact[];
}

/** The value of a metric of a version: of its newest evaluation on the data set, or of the version itself where none is named. */
export function readingOf(
  witness: Witness,
  metric: string,
  dataset: DatasetAsked | undefined,
): { what: string; reading: Reading | undefined; missing: Missing } {
  const { name, href, metrics } = witness;
  if (!dataset) {
    const found = metrics.get(metric);
    const what = `${metric} of ${name}${found ? linkedFrom(found.origin) : ''}`;
    const value = found?.value;
    const at = `${href}/metrics/${encodeURIComponent(metric)}`;
    const missing = {
      detail: `${name} has no metric ${metric}`,
      remedy: `log it: POST ${href}/metrics`,
      facts: [{ what, value: null, href: `${href}/metrics` }],
    };
    return { what, reading: value === undefined ? undefined : { what, value, href: at }, missing };
  }
  const what = `${metric} of ${name} on ${dataset.name}`;
  const { counts: evaluation, isOfOther } = evaluationOn(witness, dataset);
  const value = evaluation && Object.hasOwn(evaluation.metrics, metric) ? evaluation.metrics[metric] : undefined;
  const at = evaluation ? hrefOfEvaluation(evaluation.id) : `${href}/evaluations`;
  const ofDigest = dataset.digest === undefined ? '' : ` (${dataset.digest})`;
  const missing = {
    detail: evaluation
      ? `the newest evaluation of ${name} on ${dataset.name}${ofDigest} has no ${metric}`
      : `${name} was not evaluated on ${dataset.name}${ofDigest}${isOfOther ? SINCE_SEALED : ''}`,
    remedy: `evaluate ${name} on ${dataset.name}${ofDigest} with ${metric}: POST ${href}/evaluations`,
    facts: [{ what, value: null, href: at }],
  };
  return { what, reading: value === undefined ? undefined : { what, value, href: at }, missing };
}

/** What is linked can be logged anew by whoever may write to the run: it is said of it. */
function linkedFrom({ of, id }: MetricOrigin): string {
  return of === 'version' ? '' : ` (linked from ${of === 'run' ? 'run' : 'logged model'} ${id})`;
}

/** What is told where there is an evaluation, but of what the version was before. */
export const SINCE_SEALED = ' since it was sealed';

export const hrefOfEvaluation = (id: number) => `/api/v1/evaluations/${id}`;

/** JSON has no NaN and no infinities: they travel as these words, which JavaScript reads. */
export const toNumber = (value: MetricValue): number => Number(value);
