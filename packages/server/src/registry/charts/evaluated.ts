import type { ChartEvaluation } from '../../contract/chart.ts';
import type { Evaluation } from '../../contract/evaluation.ts';
import type { Reader } from '../../db/database.ts';
import { prepareRead } from '../../db/prepared.ts';
import { evaluationsById, newestEvaluationOn } from '../evidence/evaluations-of.ts';
import { refuse } from '../refusals.ts';
import type { Asked } from './asked.ts';

/** Which of a version's evaluations is meant: that of an id, or the newest, on a data set or at all, that has what is to be drawn. */
export interface EvaluationAsked {
  evaluation?: number | undefined;
  dataset?: string | undefined;
  digest?: string | undefined;
}

export type Part = 'slices' | 'curves';

/** So many of the newest are looked at for one that has it. */
const LOOKED_AT = 100;

export async function evaluationAsked(
  reader: Reader,
  { model, row }: Asked,
  { evaluation, dataset, digest }: EvaluationAsked,
  part: Part,
): Promise<Evaluation | undefined> {
  if (evaluation !== undefined) {
    const [found] = await evaluationsById(reader, [evaluation]);
    if (found?.model === model && found.number === row.number) return found;
    refuse('evaluation-not-found', `${model}/${row.number} has no evaluation ${evaluation}.`, { id: evaluation });
  }
  if (dataset !== undefined) return newestEvaluationOn(reader, row.id, { name: dataset, digest });
  const newest = await newestOf(reader, { version_id: row.id, most: LOOKED_AT });
  const found = newest.find((one) => one[part] === 1) ?? newest[0];
  return found && (await evaluationsById(reader, [found.id]))[0];
}

const newestOf = prepareRead<{ version_id: number; most: number }, { id: number; slices: number; curves: number }>(
  (db, param) =>
    db
      .selectFrom('evaluation')
      .select('id')
      .select((eb) => [
        eb.case().when('slices', '=', '[]').then(0).else(1).end().as('slices'),
        eb.case().when('curves', 'is', null).then(0).else(1).end().as('curves'),
      ])
      .where('version_id', '=', param('version_id'))
      .orderBy('id', 'desc')
      .limit(param('most')),
);

export function toChartEvaluation({ id, model, number, dataset, at }: Evaluation): ChartEvaluation {
  return { id, model, number, dataset, at };
}

/** Evaluations of several versions on one data set: that of the first one's newest evaluation, unless one is named. */
export async function evaluationsTogether(
  reader: Reader,
  versions: readonly Asked[],
  asked: EvaluationAsked,
  part: Part,
): Promise<Evaluation[]> {
  let { dataset, digest } = asked;
  const found: Evaluation[] = [];
  for (const version of versions) {
    const one = await evaluationAsked(reader, version, { dataset, digest }, part);
    if (!one) continue;
    // Only results on the same data set can be held against each other.
    ({ name: dataset, digest } = one.dataset);
    found.push(one);
  }
  return found;
}
