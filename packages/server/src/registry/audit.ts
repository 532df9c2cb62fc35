import type { Event } from '../contract/event.ts';
import { fromTime } from '../contract/time.ts';
import type { Reader } from '../db/database.ts';
import type { Ledger } from '../events/ledger.ts';
import { findModel, trashedModels } from './models/repository.ts';
import { keyOf } from './names.ts';
import { inRuns, type Page, type PageAsked, pageOf } from './pages.ts';
import { refuse } from './refusals.ts';

export interface EventQuery extends PageAsked {
  /** `model` (with its versions) or `model/number`; events under a model's earlier names belong to it. */
  subject?: string | undefined;
  actor?: string | undefined;
  type?: string | undefined;
  from?: string | undefined;
  to?: string | undefined;
  order: 'asc' | 'desc';
}

/** Events, the newest first unless asked otherwise. */
export async function listEvents(reader: Reader, ledger: Ledger, asked: EventQuery): Promise<Page<Event>> {
  const { page_size, page_token, ...filter } = asked;
  const page = await inRuns({ page_size, page_token }, (run) =>
    pageOf(
      ledger.tokenKey,
      `events ${JSON.stringify(filter)}`,
      run,
      (after, most) => fetchEvents(reader, asked, after?.[0] as number | undefined, most),
      (row) => [row.seq],
    ),
  );
  return { ...page, items: page.items.map((row) => JSON.parse(row.line) as Event) };
}

/** The page is found by sequence numbers alone, which indexes hold; lines are read for its rows only. */
async function fetchEvents(reader: Reader, asked: EventQuery, after: number | undefined, most: number) {
  const about = asked.subject === undefined ? undefined : await subjectOf(reader, asked.subject);
  const direction = asked.order;
  const beyond = direction === 'asc' ? '>' : '<';
  let found = reader.selectFrom('event as e').select('e.seq');
  if (after !== undefined) found = found.where('e.seq', beyond, after);
  if (asked.actor !== undefined) found = found.where('e.actor', '=', asked.actor);
  if (asked.type !== undefined) found = found.where('e.type', '=', asked.type);
  if (asked.from !== undefined) found = found.where('e.at', '>=', fromTime(asked.from));
  if (asked.to !== undefined) found = found.where('e.at', '<=', fromTime(asked.to));
  if (asked.subject !== undefined && !about) found = found.where('e.subject', '=', asked.subject);
  const page = about ? ofSubject(about) : found.orderBy('e.seq', direction).limit(most);
  return reader
    .selectFrom('event')
    .select(['seq', 'line'])
    .where('seq', 'in', page)
    .orderBy('seq', direction)
    .limit(most)
    .execute();

  function ofSubject({ model_id, number }: Subject) {
    let of = reader.selectFrom('event_subject as s').select('s.seq').distinct().where('s.model_id', '=', model_id);
    if (number !== undefined) of = of.where('s.number', '=', number);
    if (after !== undefined) of = of.where('s.seq', beyond, after);
    const isFiltered = [asked.actor, asked.type, asked.from, asked.to].some((other) => other !== undefined);
    return (isFiltered ? of.where('s.seq', 'in', found) : of).orderBy('s.seq', direction).limit(most);
  }
}

interface Subject {
  model_id: number;
  number?: number;
}

async function subjectOf(reader: Reader, subject: string): Promise<Subject | undefined> {
  const [, name, number] = /^([^/]*)(?:\/([1-9]\d{0,14}))?$/u.exec(subject) ?? [];
  const model_id = name && (await bearerOf(reader, name));
  return model_id ? { model_id, ...(number && { number: Number(number) }) } : undefined;
}

/** The live model of a name; else the one that is in the trash, or that bore the name last. */
async function bearerOf(reader: Reader, name: string): Promise<number | undefined> {
  const model = (await findModel(reader, name)) ?? (await trashedModels(reader, name))[0];
  if (model) return model.id;
  const use = reader.selectFrom('name_use').select('model_id').where('name_key', '=', keyOf(name));
  return (await use.executeTakeFirst())?.model_id;
}

const base64 = (hash: Uint8Array) => Buffer.from(hash).toString('base64');

/** That event `seq` is in the tree of `size` events (RFC 6962, 2.1.1). */
export async function proveInclusion(ledger: Ledger, seq: number, asked?: number) {
  const size = await treeSize(ledger, asked);
  if (seq < 1 || seq > size)
    refuse('event-not-found', `There is no event ${seq} in the ledger of ${size} events.`, { seq, size });
  const { leaf, root, proof } = await ledger.inclusion(seq, size);
  return { seq, size, leaf: base64(leaf), root: base64(root), proof: proof.map(base64) };
}

/** That the tree of `from` events is the beginning of the tree of `to` events (RFC 6962, 2.1.2). */
export async function proveConsistency(ledger: Ledger, from: number, asked?: number) {
  const to = await treeSize(ledger, asked);
  if (from < 0 || from > to)
    refuse('event-not-found', `The ledger has ${to} events: from must be 0 to ${to}.`, { seq: from, size: to });
  const { fromRoot, toRoot, proof } = await ledger.consistency(from, to);
  return { from, to, from_root: base64(fromRoot), to_root: base64(toRoot), proof: proof.map(base64) };
}

async function treeSize(ledger: Ledger, asked: number | undefined): Promise<number> {
  const size = await ledger.size();
  if (asked === undefined) return size;
  if (asked > size || asked < 0)
    refuse('event-not-found', `The ledger has ${size} events, fewer than ${asked}.`, { seq: asked, size });
  return asked;
}
