import type { Selectable } from 'kysely';
import type { Approval, Promotion, PromotionAction, PromotionState } from '../../contract/promotion.ts';
import { toTime } from '../../contract/time.ts';
import type { Status, Version } from '../../contract/version.ts';
import type { Reader } from '../../db/database.ts';
import { prepareRead, type Write } from '../../db/prepared.ts';
import type { PromotionTable } from '../../db/tables.ts';
import { IS_WAITING, MODEL_OF_P } from '../../db/waiting.ts';
import { insertTogether } from '../../db/write-together.ts';
import type { Work } from '../batch.ts';
import { refuse } from '../refusals.ts';
import type { Move } from './moves.ts';

export type PromotionRow = Selectable<PromotionTable>;

/** What a row holds besides its columns. */
export interface PromotionDoc
  extends Pick<
    Promotion,
    'reason' | 'forced' | 'policy' | 'checks' | 'approvals_needed' | 'superseded' | 'by' | 'closed'
  > {
  action: PromotionAction;
  from: Status | null;
  to: Status | null;
  alias: string | null;
  approvals: Approval[];
  /** What was asked for besides, through the MLflow API. */
  archive_others?: true;
  keeps_time?: true;
}

/** A row, its document read. */
export type Held = Omit<PromotionRow, 'doc'> & { doc: PromotionDoc };

/** What tells two promotions of one version apart: no two of the same wait. */
export function targetKeyOf(move: Move): string {
  if (move.action === 'alias') return `@${move.alias}`;
  return move.action === 'rollback' ? `rollback ${move.to}` : move.to;
}

const toHeld = (row: PromotionRow): Held => ({ ...row, doc: JSON.parse(row.doc) });

/** `model`: the name that its model has now. `version`: as it is now, where that is asked for. */
export function toPromotion(
  held: Omit<Held, 'id'> & { id: number | null },
  model: string,
  version?: Version,
): Promotion {
  const { doc } = held;
  return {
    id: held.id,
    model,
    number: held.number,
    action: doc.action,
    from: doc.from,
    to: doc.to,
    alias: doc.alias,
    state: held.state,
    reason: doc.reason,
    forced: doc.forced,
    policy: doc.policy,
    checks: doc.checks,
    approvals_needed: doc.approvals_needed,
    approvals: doc.approvals,
    superseded: doc.superseded,
    at: toTime(held.requested_at),
    by: doc.by,
    expires_at: held.expires_at === null ? null : toTime(held.expires_at),
    closed: doc.closed,
    etag: held.etag,
    ...(version && { version }),
  };
}

/** The same of a row as it was read, with the name of its model. */
export function rowToPromotion({ model, ...row }: PromotionRow & { model: string }): Promotion {
  return toPromotion(toHeld(row), model);
}

/** `writes`: what is written together with it. */
export async function insertPromotion(
  work: Work,
  held: Omit<Held, 'id'>,
  writes: readonly Write[] = [],
): Promise<Held> {
  const row = { ...held, doc: JSON.stringify(held.doc) };
  return { ...held, id: await insertTogether(work.tx, 'promotion', row, writes) };
}

export async function savePromotion(work: Work, { id, state, etag, doc }: Held): Promise<void> {
  await work.tx
    .updateTable('promotion')
    .set({ state, etag, doc: JSON.stringify(doc) })
    .where('id', '=', id)
    .execute();
}

/** Who ended it, and why, where that was said. */
export function closedNow({ at, caller }: Work, reason: string | null = null): NonNullable<Promotion['closed']> {
  return { at: toTime(at), by: caller.actor.name, reason };
}

const waiting = prepareRead<Pick<PromotionRow, 'model_id' | 'number' | 'target'>, PromotionRow>((db, param) =>
  db
    .selectFrom('promotion')
    .selectAll()
    .where(IS_WAITING)
    .where('model_id', '=', param('model_id'))
    .where('number', '=', param('number'))
    .where('target', '=', param('target')),
);

/** The one that waits to do the same. */
export async function findWaiting(reader: Reader, move: Move): Promise<Held | undefined> {
  const { model, row } = move;
  const [found] = await waiting(reader, { model_id: model.id, number: row.number, target: targetKeyOf(move) });
  return found && toHeld(found);
}

/** Those of a version that wait, or of all versions of a model: so many at most. */
export async function listWaiting(
  reader: Reader,
  model_id: number,
  number: number | undefined,
  most: number,
): Promise<Held[]> {
  const rows = await reader
    .selectFrom('promotion')
    .selectAll()
    .where(IS_WAITING)
    .where('model_id', '=', model_id)
    .$if(number !== undefined, (query) => query.where('number', '=', number as number))
    .orderBy('number')
    .orderBy('target')
    .limit(most)
    .execute();
  return rows.map(toHeld);
}

export async function getPromotion(reader: Reader, id: number): Promise<{ held: Held; model: string }> {
  const row = await reader
    .selectFrom('promotion as p')
    .selectAll('p')
    .select(MODEL_OF_P)
    .where('p.id', '=', id)
    .executeTakeFirst();
  if (!row)
    refuse('promotion-not-found', `There is no promotion ${id}. GET /promotions lists them.`, { promotion: id });
  const { model, ...rest } = row;
  return { held: toHeld(rest), model };
}

const ENDED: Record<Exclude<PromotionState, 'waiting'>, string> = {
  executed: 'was executed',
  rejected: 'was rejected',
  cancelled: 'was cancelled',
  expired: 'expired',
  refused: 'was refused, because a check failed',
};

/** One that can still be decided on. */
export async function getOpen(work: Work, id: number): Promise<{ held: Held; model: string }> {
  const found = await getPromotion(work.tx, id);
  const { state } = found.held;
  const now = state === 'waiting' && isExpired(found.held, work.at) ? 'expired' : state;
  if (now === 'waiting') return found;
  refuse('promotion-closed', `Promotion ${id} ${ENDED[now]}. Ask for it anew if it is still wanted.`, {
    promotion: id,
    state: now,
  });
}

export function isExpired({ expires_at }: Pick<Held, 'expires_at'>, at: number): boolean {
  return expires_at !== null && expires_at <= at;
}
