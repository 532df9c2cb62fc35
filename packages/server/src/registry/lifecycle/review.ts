import type { Check, NewDecision, NewRejection, Promotion } from '../../contract/promotion.ts';
import { toTime } from '../../contract/time.ts';
import type { Status } from '../../contract/version.ts';
import { writeTogether } from '../../db/write-together.ts';
import type { Work } from '../batch.ts';
import { assertMatches, type IfMatch } from '../etag.ts';
import { type ModelRow, toModel } from '../models/repository.ts';
import { refuse } from '../refusals.ts';
import { getVersion, type VersionRow } from '../versions/repository.ts';
import { oldOf } from './aliases.ts';
import { recordMove } from './ask.ts';
import { close, untouched } from './close.ts';
import { findRule, type Judgement, judge } from './judge.ts';
import { givingWay, type Move, planMove, targetOf } from './moves.ts';
import { type BuiltInPolicy, UNPROTECTED } from './policy.ts';
import { closedNow, getOpen, type Held, savePromotion, toPromotion } from './promotions.ts';
import { findRollback } from './rollback.ts';

/**
 * Adds an approval. With the last one that is needed, by the policy as it is now, the checks are run again, in the same
 * transaction: either it is executed, or it is refused for good. The second of one actor adds none; it suffices where
 * fewer are needed by now.
 */
export async function approvePromotion(
  work: Work,
  builtIn: BuiltInPolicy,
  id: number,
  { reason }: NewDecision,
  ifMatch?: IfMatch,
): Promise<Promotion> {
  const { held, model: name } = await getOpen(work, id);
  assertMatches(held.etag, ifMatch);
  const by = work.caller.actor.name;
  if (by === held.doc.by)
    refuse('own-promotion', `Promotion ${id} was asked for by ${by}: somebody else has to approve it.`, {
      promotion: id,
      by,
    });
  const { model, row } = await getSubject(work, held, name);
  const { move, judgement } = await judgeAgain(work, builtIn, held, model, row);
  const { approvals_needed, checks, rule } = judgement;
  const isNew = held.doc.approvals.every((one) => one.by !== by);
  const own = { by, at: toTime(work.at), reason: reason ?? null };
  const approvals = isNew ? [...held.doc.approvals, own] : held.doc.approvals;
  const doc = { ...held.doc, approvals, approvals_needed };
  const approved: Held = { ...held, etag: held.etag + (isNew ? 1 : 0), doc };
  if (isNew)
    work.record({
      type: 'promotion.approved',
      subject: `${name}/${held.number}`,
      ...(reason !== undefined && { reason }),
      details: { promotion: id, approvals_needed },
      changes: [untouched(held)],
    });
  if (approvals.length < approvals_needed) {
    if (isNew) await savePromotion(work, approved);
    return toPromotion(approved, name);
  }
  const { policy } = rule;
  if (judgement.refusing.length > 0)
    return toPromotion(await close(work, approved, name, 'refused', null, { checks, policy, approvals_needed }), name);
  const leaving = await givingWay(work.tx, move, rule);
  const superseded = leaving.map(({ number }) => number);
  const { version, changes, writes } = await planMove(work, move, leaving);
  await writeTogether(work.tx, writes);
  const from = move.action === 'alias' ? null : row.status;
  const executed: Held = {
    ...approved,
    state: 'executed',
    etag: approved.etag + 1,
    doc: { ...doc, from, checks, policy, superseded, closed: closedNow(work) },
  };
  await savePromotion(work, executed);
  recordMove(work, move, executed, changes);
  return toPromotion(executed, name, version);
}

/** Ends a promotion that waits, and says why. */
export function rejectPromotion(work: Work, id: number, { reason }: NewRejection, ifMatch?: IfMatch) {
  return end(work, id, 'rejected', reason, ifMatch);
}

/** Withdraws a promotion that waits. */
export function cancelPromotion(work: Work, id: number, { reason }: NewDecision, ifMatch?: IfMatch) {
  return end(work, id, 'cancelled', reason ?? null, ifMatch);
}

async function end(
  work: Work,
  id: number,
  state: 'rejected' | 'cancelled',
  reason: string | null,
  ifMatch: IfMatch | undefined,
): Promise<Promotion> {
  const { held, model } = await getOpen(work, id);
  assertMatches(held.etag, ifMatch);
  return toPromotion(await close(work, held, model, state, reason), model);
}

/** The version that it is about. Another model may bear the name of one in the trash. */
async function getSubject(work: Work, held: Held, name: string): Promise<{ model: ModelRow; row: VersionRow }> {
  const found = await getVersion(work.tx, name, String(held.number));
  if (found.model.id === held.model_id) return found;
  return refuse('model-not-found', `The model of promotion ${held.id} is in the trash: restore it first.`, {
    model: name,
  });
}

/** The same move under the policy as it is now, and what that says of it. */
async function judgeAgain(
  work: Work,
  builtIn: BuiltInPolicy,
  held: Held,
  model: ModelRow,
  row: VersionRow,
): Promise<{ move: Move; judgement: Judgement }> {
  const { move, lapsed } = await moveAgain(work, held, model, row);
  const rule = (await findRule(work.tx, builtIn, model, targetOf(move))) ?? UNPROTECTED;
  const judgement = await judge(work.tx, rule, move, work.at);
  if (!lapsed) return { move, judgement };
  const [checks, refusing] = [judgement.checks, judgement.refusing].map((list) => [...list, lapsed]) as [
    Check[],
    Check[],
  ];
  return { move, judgement: { ...judgement, checks, refusing } };
}

/** `lapsed`: why it cannot be made any more. */
async function moveAgain(
  work: Work,
  { doc }: Held,
  model: ModelRow,
  row: VersionRow,
): Promise<{ move: Move; lapsed?: Check }> {
  if (doc.action === 'alias') {
    const alias = doc.alias as string;
    const old = oldOf(toModel(model), alias);
    return { move: { action: 'alias', model, row, alias, old, keepsTime: doc.keeps_time ?? false } };
  }
  const to = doc.to as Status;
  if (doc.action === 'promotion')
    return { move: { action: 'promotion', model, row, to, archiveOthers: doc.archive_others ?? false } };
  const now = await findRollback(work.tx, model, to);
  if (now?.row.number === row.number) return { move: now };
  return {
    move: { action: 'promotion', model, row, to, archiveOthers: false },
    lapsed: {
      check: 'rollback',
      outcome: 'failed',
      detail: `a rollback of ${to} would not put version ${row.number} back any more`,
      remedy: now ? `ask for it anew: it would put version ${now.row.number} back` : 'promote the version instead',
      mode: 'enforce',
    },
  };
}
