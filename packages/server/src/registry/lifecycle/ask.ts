import type { EventType, SubjectChange } from '../../contract/event.ts';
import type { Promotion } from '../../contract/promotion.ts';
import { toTime } from '../../contract/time.ts';
import type { Work } from '../batch.ts';
import { refuse, refuseField } from '../refusals.ts';
import { toVersion, type VersionRow } from '../versions/repository.ts';
import { close, untouched } from './close.ts';
import { type Judgement, judge } from './judge.ts';
import { givingWay, isDone, type Move, planMove, targetOf } from './moves.ts';
import { nameOf, type Rule } from './policy.ts';
import {
  closedNow,
  findWaiting,
  type Held,
  insertPromotion,
  isExpired,
  type PromotionDoc,
  targetKeyOf,
  toPromotion,
} from './promotions.ts';

export interface Reasons {
  reason?: string | undefined;
  force?: boolean | undefined;
}

/**
 * The gate that every move comes to, whichever door it came through. All checks are run. Where one refuses, so does this;
 * where approvals are needed, it waits for them, once; else the move is made, and told in one event.
 */
export async function ask(work: Work, rule: Rule, move: Move, asked: Reasons): Promise<Promotion> {
  if (asked.force && !asked.reason) refuseField('/reason', 'is needed with force: say why the checks are overridden');
  const judgement = await judge(work.tx, rule, move, work.at);
  const { refusing, approvals_needed } = judgement;
  const forced = asked.force === true && judgement.can_force && (refusing.length > 0 || approvals_needed > 0);
  const waits = approvals_needed > 0 && !forced;
  const waiting = rule.isPlain ? undefined : await findOpen(work, move);
  // How many it needs by now: what it needed when it was asked for is no news.
  if (waits && waiting) return toPromotion({ ...waiting, doc: { ...waiting.doc, approvals_needed } }, move.model.name);
  if (refusing.length > 0 && !forced) refuseFailed(move, judgement);
  const leaving = await givingWay(work.tx, move, rule);
  if (isDone(move, leaving))
    return toPromotion(unchanged(work, move, judgement, asked), move.model.name, current(move));
  if (waits) return wait(work, move, judgement, asked, leaving);
  const { version, changes, writes } = await planMove(work, move, leaving);
  const doc = { ...docOf(work, move, judgement, asked, leaving), forced, closed: closedNow(work) };
  const held = await insertPromotion(work, rowOf(work, move, 'executed', null, doc), writes);
  recordMove(work, move, held, changes);
  if (waiting) await close(work, waiting, move.model.name, 'cancelled', `promotion ${held.id} did the same`);
  return toPromotion(held, move.model.name, version);
}

/** The one that waits to do the same; one whose time is over is ended first. */
async function findOpen(work: Work, move: Move): Promise<Held | undefined> {
  const waiting = await findWaiting(work.tx, move);
  if (!waiting || !isExpired(waiting, work.at)) return waiting;
  await close(work, waiting, move.model.name, 'expired', null);
  return undefined;
}

async function wait(
  work: Work,
  move: Move,
  judgement: Judgement,
  asked: Reasons,
  leaving: readonly VersionRow[],
): Promise<Promotion> {
  const terms = termsOf(move);
  const doc = { ...docOf(work, move, judgement, asked, leaving), ...terms };
  const held = await insertPromotion(work, rowOf(work, move, 'waiting', work.at + judgement.rule.patience, doc));
  const { action, from, to, alias, policy, checks, approvals_needed, superseded } = doc;
  work.record({
    type: 'promotion.requested',
    subject: `${move.model.name}/${held.number}`,
    ...(asked.reason !== undefined && { reason: asked.reason }),
    details: {
      promotion: held.id,
      ...{ action, from, to, alias, policy, checks, approvals_needed, superseded, ...terms },
      expires_at: toTime(held.expires_at as number),
    },
    changes: [untouched(held)],
  });
  return toPromotion(held, move.model.name, current(move));
}

const TYPES: Record<Move['action'], EventType> = {
  promotion: 'version.promoted',
  rollback: 'version.rolled-back',
  alias: 'alias.set',
};

/** The event of a move that was made, and of the promotion that asked for it. */
export function recordMove(
  work: Work,
  move: Move,
  { id, doc, model_id, number }: Held,
  changes: SubjectChange[],
): void {
  const { checks, forced, superseded, policy, approvals_needed, approvals, by } = doc;
  const moved =
    move.action === 'alias' ? { alias: move.alias, from: move.old ?? null } : { from: doc.from, to: doc.to };
  work.record({
    type: TYPES[move.action],
    subject: `${move.model.name}/${move.row.number}`,
    ...(doc.reason !== null && { reason: doc.reason }),
    details: {
      ...moved,
      ...{ checks, forced, superseded, promotion: id, policy, approvals_needed },
      ...(approvals.length > 0 && { approvals, requested_by: by }),
    },
    changes: changes.length > 0 ? changes : [untouched({ model_id, number })],
  });
}

/** Refuses with every check, and says what would make those pass that failed. */
export function refuseFailed(move: Move, { rule, checks, refusing, can_force }: Judgement): never {
  const target = targetOf(move);
  const told = refusing.map((check) => `${check.check}: ${check.detail}; ${check.remedy}`).join('. ');
  const cannot = 'alias' in target ? `be ${nameOf(target)}` : `go to ${nameOf(target)}`;
  const members = { to: nameOf(target), checks, can_force, policy: rule.policy };
  refuse('check-failed', `The version cannot ${cannot}. ${told}.`, members);
}

function docOf(
  work: Work,
  move: Move,
  { rule, checks, approvals_needed }: Judgement,
  { reason }: Reasons,
  leaving: readonly VersionRow[],
): PromotionDoc {
  return {
    action: move.action,
    from: move.action === 'alias' ? null : move.row.status,
    to: move.action === 'alias' ? null : move.to,
    alias: move.action === 'alias' ? move.alias : null,
    reason: reason ?? null,
    forced: false,
    policy: rule.policy,
    checks,
    approvals_needed,
    approvals: [],
    superseded: leaving.map(({ number }) => number),
    by: work.caller.actor.name,
    closed: null,
  };
}

/** What the move takes besides, when it is made at last. */
function termsOf(move: Move): Pick<PromotionDoc, 'archive_others' | 'keeps_time'> {
  if (move.action === 'promotion' && move.archiveOthers) return { archive_others: true };
  return move.action === 'alias' && move.keepsTime ? { keeps_time: true } : {};
}

function rowOf(
  work: Work,
  move: Move,
  state: Held['state'],
  expires_at: number | null,
  doc: PromotionDoc,
): Omit<Held, 'id'> {
  const { model_id, number } = move.row;
  return { model_id, number, target: targetKeyOf(move), state, etag: 1, requested_at: work.at, expires_at, doc };
}

/** What is so already: nothing is kept of its being asked for. */
function unchanged(work: Work, move: Move, judgement: Judgement, asked: Reasons): Omit<Held, 'id'> & { id: null } {
  const doc = { ...docOf(work, move, judgement, asked, []), closed: closedNow(work) };
  return { ...rowOf(work, move, 'executed', null, doc), id: null, etag: 0 };
}

const current = ({ row, model }: Move) => toVersion(row, model.name);
