import type { NewRollback, Promotion } from '../../contract/promotion.ts';
import type { Status } from '../../contract/version.ts';
import type { Reader } from '../../db/database.ts';
import type { Work } from '../batch.ts';
import { getModel, type ModelRow } from '../models/repository.ts';
import { refuse } from '../refusals.ts';
import { findNumber } from '../versions/repository.ts';
import { liveNumbers } from '../versions/status-order.ts';
import { ask } from './ask.ts';
import { findStatusRule } from './judge.ts';
import type { Move } from './moves.ts';
import type { BuiltInPolicy } from './policy.ts';

/**
 * Puts the previous production version back: the newest one leaves for `archived`, the one that was live before it
 * returns. A version that was itself rolled back is passed over, so that a second rollback goes one further.
 */
export async function rollBack(
  work: Work,
  builtIn: BuiltInPolicy,
  name: string,
  asked: NewRollback,
): Promise<Promotion> {
  const model = await getModel(work.tx, name);
  const status = (asked.status ?? 'production') as Status;
  const move = await findRollback(work.tx, model, status);
  if (!move)
    refuse('nothing-to-roll-back', `No earlier version of ${name} was in ${status}. Promote one instead.`, {
      model: name,
      to: status,
    });
  const rule = await findStatusRule(work.tx, builtIn, model, status);
  return ask(work, rule, move, asked);
}

/** What a rollback would do now. */
export async function findRollback(
  reader: Reader,
  model: ModelRow,
  status: Status,
): Promise<Extract<Move, { action: 'rollback' }> | undefined> {
  const current = (await liveNumbers(reader, model.id, status))[0];
  const stay = await previousStay(reader, model, status, current);
  const row = stay && (await findNumber(reader, model.id, stay.number));
  return row && { action: 'rollback', model, row, to: status, current, stay: stay.id };
}

/** The latest stay of another version in the status, begun before the current one's, that no rollback and no deregistration ended. */
async function previousStay(
  reader: Reader,
  model: ModelRow,
  status: Status,
  current: number | undefined,
): Promise<{ id: number; number: number } | undefined> {
  const open = reader
    .selectFrom('tenure as now')
    .select((eb) => eb.fn.max('now.id').as('id'))
    .where('now.model_id', '=', model.id)
    .where('now.status', '=', status)
    .where('now.number', '=', current ?? 0)
    .where('now.until', 'is', null);
  return reader
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
