import type { PolicyCheck } from '../../../contract/policy.ts';
import { fromTime } from '../../../contract/time.ts';
import { type Evidence, evaluationOn } from '../evidence.ts';
import { failed, type Outcome, passed } from './outcome.ts';
import { hrefOfEvaluation, SINCE_SEALED } from './reading.ts';

type EvaluatedOn = Extract<PolicyCheck, { check: 'evaluated_on' }>;

const DAY_MS = 86_400_000;

/** There is an evaluation on the data set, and it is not too old. One that is said to be of the future counts from when it was recorded. */
export function evaluatedOn({ at, version }: Evidence, { dataset, within_days }: EvaluatedOn): Outcome {
  const { name, href } = version;
  const on = dataset.digest === undefined ? dataset.name : `${dataset.name} (${dataset.digest})`;
  const { counts: evaluation, isOfOther } = evaluationOn(version, dataset);
  const what = `newest evaluation of ${name} on ${on}`;
  const again = `evaluate ${name} on ${on}: POST ${href}/evaluations`;
  if (!evaluation)
    return failed(`${name} was not evaluated on ${on}${isOfOther ? SINCE_SEALED : ''}`, again, [
      { what, value: null, href: `${href}/evaluations` },
    ]);
  const when = Math.min(fromTime(evaluation.at), fromTime(evaluation.recorded_at));
  const facts = [{ what, value: evaluation.at, href: hrefOfEvaluation(evaluation.id) }];
  const detail = `${name} was evaluated on ${on} at ${evaluation.at}`;
  if (within_days === undefined) return passed(detail, facts);
  const whole = `${detail}, and has to have been within ${within_days} ${within_days === 1 ? 'day' : 'days'}`;
  return at - when <= within_days * DAY_MS ? passed(whole, facts) : failed(whole, again, facts);
}
