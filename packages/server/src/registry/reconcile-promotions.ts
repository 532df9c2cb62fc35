import type { Event } from '../contract/event.ts';
import type { Approval } from '../contract/promotion.ts';
import { fromTime } from '../contract/time.ts';
import type { Reader } from '../db/database.ts';
import { type Doc, same } from '../events/replay.ts';
import { type Beside, type Difference, quote } from './reconcile-events.ts';

type Row = Record<string, unknown> & { id: number };
type Table = 'policy' | 'promotion';

/** A row as the ledger tells it, its document read, and the name that a difference is told under. */
interface Told {
  row: Row;
  name: string;
}

/** What the events say of a table whose ids are in the order of the ledger. */
interface Side {
  table: Table;
  /** Those that may change still, by id. */
  open: Map<number, Told>;
  /** Those that are to be held against the table. */
  closed: Told[];
  /** The ids told since that was last done, and the greatest told before. */
  since: number[];
  before: number;
}

/** Policies and promotions as the events tell them, held against their tables bit by bit. Only what waits is kept in memory. */
export function reconcilePromotions(read: Reader, newest: number): Beside {
  const policies = sideOf('policy');
  const promotions = sideOf('promotion');
  return {
    take(event) {
      if (event.type === 'policy.changed') takePolicy(policies, event);
      else if (event.details?.promotion !== undefined) takePromotion(promotions, event);
    },
    async *compare(isLast) {
      for (const side of [policies, promotions]) yield* compare(read, side, newest, isLast);
    },
  };
}

const sideOf = (table: Table): Side => ({ table, open: new Map(), closed: [], since: [], before: 0 });

function takePolicy(side: Side, { details, changes, subject, at, actor }: Event): void {
  const { id, policy } = details as { id: number; policy: Doc };
  const { version, ...doc } = policy;
  const row = { id, model_id: changes[0]?.model_id ?? 0, version, doc, at: fromTime(at), by: actor };
  side.since.push(id);
  side.closed.push({ row, name: `policy ${version} of ${subject.replace('policy:', '')}` });
}

function takePromotion(side: Side, event: Event): void {
  const { promotion, ...details } = event.details as Doc & { promotion: number };
  const told = side.open.get(promotion) ?? begin(side, promotion, event, details);
  const { row } = told;
  row.etag = (row.etag as number) + 1;
  const doc = row.doc as Doc;
  if (event.type === 'promotion.requested') return;
  if (event.type === 'promotion.approved') {
    const approval: Approval = { by: event.actor, at: event.at, reason: event.reason ?? null };
    doc.approvals = [...(doc.approvals as Approval[]), approval];
    doc.approvals_needed = details.approvals_needed;
    return;
  }
  side.open.delete(promotion);
  side.closed.push(told);
  const [kind, ending] = event.type.split('.') as [string, string];
  const isEnded = kind === 'promotion';
  row.state = isEnded ? ending : 'executed';
  doc.closed = { at: event.at, by: event.actor, reason: isEnded ? (event.reason ?? null) : null };
  const { checks = doc.checks, policy = doc.policy, approvals_needed = doc.approvals_needed } = details;
  Object.assign(doc, { checks, policy, approvals_needed });
  if (isEnded) return;
  Object.assign(doc, { forced: details.forced, superseded: details.superseded });
  if (doc.action !== 'alias') doc.from = details.from;
}

const ACTIONS: Record<string, string> = { 'version.promoted': 'promotion', 'version.rolled-back': 'rollback' };

/** A promotion that was asked for, or executed at once. */
function begin(side: Side, id: number, event: Event, details: Doc): Told {
  const action = details.action ?? ACTIONS[event.type] ?? 'alias';
  const { alias = null, to = null, policy, checks, approvals_needed, superseded } = details;
  const doc: Doc = {
    action,
    from: action === 'alias' ? null : details.from,
    ...{ to, alias, reason: event.reason ?? null, forced: false, policy, checks, approvals_needed, approvals: [] },
    ...{ superseded, by: event.actor, closed: null },
    ...(details.archive_others !== undefined && { archive_others: details.archive_others }),
    ...(details.keeps_time !== undefined && { keeps_time: details.keeps_time }),
  };
  const target = action === 'alias' ? `@${alias}` : action === 'rollback' ? `rollback ${to}` : to;
  const row = {
    id,
    model_id: event.changes[0]?.model_id,
    number: Number(event.subject.slice(event.subject.lastIndexOf('/') + 1)),
    ...{ target, state: 'waiting', etag: 0, doc },
    requested_at: fromTime(event.at),
    expires_at: details.expires_at === undefined ? null : fromTime(details.expires_at as string),
  };
  const told = { row, name: `promotion ${id}` };
  side.since.push(id);
  side.open.set(id, told);
  return told;
}

async function* compare(read: Reader, side: Side, newest: number, isLast: boolean): AsyncGenerator<Difference> {
  const told = isLast ? [...side.closed, ...side.open.values()] : side.closed;
  side.closed = [];
  const rows = await rowsOf(
    read,
    side.table,
    told.map(({ row }) => row.id),
  );
  for (const { row, name } of told) {
    const found = rows.get(row.id);
    if (!found) yield { subject: name, detail: 'is in the ledger, but not in the database' };
    else if (!(await hasMoved(read, row, newest)))
      for (const [field, is] of Object.entries(found))
        if (!same(is, row[field]))
          yield { subject: name, field, detail: `the row says ${quote(is)}, the ledger ${quote(row[field])}` };
  }
  yield* untold(read, side, newest, isLast);
}

/** Rows that no event tells of, up to the last one that an event told of; or after it, when all were read. */
async function* untold(read: Reader, side: Side, newest: number, isLast: boolean): AsyncGenerator<Difference> {
  const { table, since, before } = side;
  const last = since.at(-1) ?? before;
  Object.assign(side, { since: [], before: last });
  let query = read.selectFrom(table).select('id').where('id', '>', before).orderBy('id');
  if (!isLast) query = query.where('id', '<=', last);
  const known = new Set(since);
  const rows = await query.limit(since.length + MOST_UNTOLD).execute();
  const found = rows.filter(({ id }) => !known.has(id));
  // After the rows: what they are told by was written with them.
  if (found.length === 0 || (isLast && (await hasLater(read, table, newest)))) return;
  for (const { id } of found)
    yield { subject: `${table} ${id}`, detail: 'is in the database, but no event tells of it' };
}

const MOST_UNTOLD = 100;

/** Whether the table may have rows of events that were not read. */
async function hasLater(read: Reader, table: Table, newest: number): Promise<boolean> {
  const later = read.selectFrom('event').select('seq').where('seq', '>', newest);
  const told = table === 'policy' ? later.where('type', '=', 'policy.changed') : later;
  return (await told.limit(1).executeTakeFirst()) !== undefined;
}

/** Whether events that were not read changed the subject of a promotion, and so maybe the promotion. */
async function hasMoved(read: Reader, row: Row, newest: number): Promise<boolean> {
  if (typeof row.number !== 'number' || typeof row.model_id !== 'number') return false;
  const later = read
    .selectFrom('event_subject')
    .select('seq')
    .where('model_id', '=', row.model_id)
    .where('number', '=', row.number)
    .where('seq', '>', newest);
  return (await later.limit(1).executeTakeFirst()) !== undefined;
}

async function rowsOf(read: Reader, table: Table, ids: readonly number[]): Promise<Map<number, Row>> {
  const rows = new Map<number, Row>();
  for (let from = 0; from < ids.length; from += ROWS_TOGETHER) {
    const some = ids.slice(from, from + ROWS_TOGETHER);
    for (const row of await read.selectFrom(table).selectAll().where('id', 'in', some).execute())
      rows.set(row.id, { ...row, doc: readable(row.doc) });
  }
  return rows;
}

const ROWS_TOGETHER = 500;

/** What cannot be read stands as it is: no event says the like. */
function readable(doc: string): unknown {
  try {
    return JSON.parse(doc);
  } catch {
    return doc;
  }
}
