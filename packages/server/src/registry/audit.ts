import type { Event } from '../contract/event.ts';
import { fromTime } from '../contract/time.ts';
import type { Reader } from '../db/database.ts';
import type { Ledger } from '../events/ledger.ts';
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

  /** A page of each bearer of the name, which indexes hold in order; the rows of this page are among them. */
  function ofSubject({ models, number }: Subject) {
    const [first, ...others] = models.map((model_id) => {
      let of = reader.selectFrom('event_subject as s').select('s.seq').distinct().where('s.model_id', '=', model_id);
      if (number !== undefined) of = of.where('s.number', '=', number);
      if (after !== undefined) of = of.where('s.seq', beyond, after);
      const isFiltered = [asked.actor, asked.type, asked.from, asked.to].some((other) => other !== undefined);
      const page = (isFiltered ? of.where('s.seq', 'in', found) : of).orderBy('s.seq', direction).limit(most);
      return reader.selectFrom(page.as('p')).select('p.seq');
    });
    return others.reduce((all, one) => all.unionAll(one), first!);
  }
}

interface Subject {
  /** Never empty. */
  models: number[];
  number?: number;
}

async function subjectOf(reader: Reader, subject: string): Promise<Subject | undefined> {
  const [, name, number] = /^([^/]*)(?:\/([1-9]\d{0,14}))?$/u.exec(subject) ?? [];
  const models = name ? await bearersOf(reader, name) : [];
  if (models.length === 0) return undefined;
  if (number === undefined) return { models };
  const version = await versionBearing(reader, models, Number(number), subject);
  return { models: version === undefined ? models : [version], number: Number(number) };
}

const MOST_BEARERS = 100;

/** Every model that bore a name, the newest first: a name goes to another model when its bearer is renamed or deregistered. */
async function bearersOf(reader: Reader, name: string): Promise<number[]> {
  const namings = await reader
    .selectFrom('event')
    .select('seq')
    .where('subject', '=', name)
    .where('type', 'in', ['model.registered', 'model.renamed'])
    .orderBy('seq', 'desc')
    .limit(MOST_BEARERS)
    .execute();
  const models = new Set<number>();
  for (const { seq } of namings) {
    const { line } = await reader.selectFrom('event').select('line').where('seq', '=', seq).executeTakeFirstOrThrow();
    for (const change of (JSON.parse(line) as Event).changes) models.add(change.model_id);
  }
  return [...models];
}

/**
 * `churn/3` means one version for ever, although two bearers of the name may each have a version 3, one of them numbered
 * under another name: the one that an event calls so. Undefined where none does, because the name came after the version.
 */
async function versionBearing(
  reader: Reader,
  models: number[],
  number: number,
  subject: string,
): Promise<number | undefined> {
  const named = reader.selectFrom('event').select('seq').where('subject', '=', subject).limit(1);
  const row = await reader
    .selectFrom('event_subject')
    .select('model_id')
    .where('model_id', 'in', models)
    .where('number', '=', number)
    .where('seq', 'in', named)
    .executeTakeFirst();
  return row?.model_id;
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
