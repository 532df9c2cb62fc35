import type { NewRollback, Promotion } from '../../contract/promotion.ts';
import type { Status } from '../../contract/version.ts';
import type { Work } from '../batch.ts';
import { getModel, type ModelRow } from '../models/repository.ts';
import { refuse } from '../refusals.ts';
import { findNumber, liveNumbers } from '../versions/repository.ts';
import { execute } from './execute.ts';
import { endStay } from './move.ts';
import type { Policy } from './policy.ts';
import { assertAllowed, othersIn } from './promote.ts';

/**
 * Puts the previous production version back: the newest one leaves for `archived`, the one that was live before it
 * returns. A version that was itself rolled back is passed over, so that a second rollback goes one further.
 */
export async function rollBack(work: Work, policy: Policy, name: string, asked: NewRollback): Promise<Promotion> {
  const model = await getModel(work.tx, name);
  const status = (asked.status ?? 'production') as Status;
  const current = (await liveNumbers(work.tx, model.id, status))[0];
  const stay = await previousStay(work, model, status, current);
  const previous = stay && (await findNumber(work.tx, model.id, stay.number));
  if (!previous)
    refuse('nothing-to-roll-back', `No earlier version of ${name} was in ${status}. Promote one instead.`, {
      model: name,
      to: status,
    });
  const { checks, forced } = assertAllowed(previous, status, asked);
  const leaving = policy.single.includes(status)
    ? await othersIn(work, previous, status)
    : [current === undefined ? undefined : await findNumber(work.tx, model.id, current)].filter(
        (row) => row !== undefined,
      );
  const decision = { row: previous, to: status, leaving, checks, forced, reason: asked.reason };
  const promotion = await execute(work, model, { type: 'version.rolled-back', ...decision });
  // The earlier stay goes on in the new one, so that going back further never comes forward again.
  if (previous.status !== status) await endStay(work, stay.id, 'rollback');
  return promotion;
}

/** The latest stay of another version in the status, begun before the current one's, that no rollback and no deregistration ended. */
async function previousStay(
  work: Work,
  model: ModelRow,
  status: Status,
  current: number | undefined,
): Promise<{ id: number; number: number } | undefined> {
  const open = work.tx
    .selectFrom('tenure as now')
    .select((eb) => eb.fn.max('now.id').as('id'))
    .where('now.model_id', '=', model.id)
    .where('now.status', '=', status)
    .where('now.number', '=', current ?? 0)
    .where('now.until', 'is', null);
  return work.tx
    .selectFrom('tenure')
    .innerJoin('version', (join) =>
      join.onRef('version.model_id', '=', 'tenure.model_id').onRef('version.number', '=', 'tenure.number'),
    )
    .select(['tenure.id', 'tenure.number'])
    .where('tenure.model_id', '=', model.id)
    .where('tenure.status', '=', status)
    .where('tenure.number', '!=', current ?? 0)
    .where('version.deregistered', 'is', null)
    .$if(current !== undefined, (query) => query.where('tenure.id', '<', open))
    .where((eb) => eb.or([eb('tenure.ended_by', 'is', null), eb('tenure.ended_by', '=', 'promotion')]))
    .orderBy('tenure.id', 'desc')
    .limit(1)
    .executeTakeFirst();
}
