import { setImmediate } from 'node:timers/promises';
import { fromTime } from '../contract/time.ts';
import type { Reader } from '../db/database.ts';
import { type Doc, same } from '../events/replay.ts';
import { isLeft } from './backlog.ts';
import { keyOf } from './names.ts';
import { type Difference, differingEvents, quote } from './reconcile-events.ts';
import { differingEvidence } from './reconcile-evidence.ts';
import { reconcilePromotions } from './reconcile-promotions.ts';
import { type Found, foundAgain, foundRows, inStep, type Key } from './reconcile-rows.ts';
import { differingStates } from './reconcile-states.ts';
import { subjectAt, subjectsAt } from './timeline.ts';
import { EMPTIED_FIELDS } from './versions/emptied.ts';
import { liveNumbers } from './versions/status-order.ts';

/** SQLite answers at once: without a pause nothing else would be served. */
const PAUSE_EVERY = 100;

/** The model that the walk is at, as the ledger has it. */
interface AtModel {
  model_id: number;
  name: string;
  purged_at: number | null;
}

/**
 * Every difference between the ledger and what stands beside it: in the columns of the events, in policies and
 * promotions, then in models and versions, in order of model and number. Rows may go on changing meanwhile: a row that differs is held against the
 * ledger as it was when the row was read.
 */
export async function* reconcile(read: Reader): AsyncGenerator<Difference> {
  const row = await read
    .selectFrom('event')
    .select((eb) => eb.fn.max('seq').as('seq'))
    .executeTakeFirst();
  const newest = row?.seq ?? 0;
  let unread = 0;
  for await (const difference of differingEvents(read, newest, reconcilePromotions(read, newest))) {
    if (difference.field === 'line') unread += 1;
    yield difference;
  }
  if (unread === 0) {
    yield* differingSubjects(read, newest);
    yield* differingEvidence(read);
  } else yield { subject: 'ledger', detail: `models and versions were not compared: ${unread} events cannot be read` };
}

async function* differingSubjects(read: Reader, newest: number): AsyncGenerator<Difference> {
  const states = await read.selectFrom('model_state').select('model_id').distinct().execute();
  const withStates = new Set(states.map(({ model_id }) => model_id));
  let model: AtModel | undefined;
  let count = 0;
  for await (const [told, found] of inStep(subjectsAt(read, newest), foundRows(read))) {
    if (++count % PAUSE_EVERY === 0) await setImmediate();
    const { model_id, number } = (told ?? found) as Key;
    if (model?.model_id !== model_id) {
      const { name } = (number === 0 && (told?.doc ?? found?.fields)) || {};
      const inTrash = number === 0 && told?.doc.deregistered;
      const purged_at = inTrash ? await purgedAt(read, told, newest) : null;
      model = { model_id, name: name === undefined ? `model ${model_id}` : String(name), purged_at };
    }
    const subject = number === 0 ? model.name : `${model.name}/${number}`;
    if (number === 0 && withStates.has(model_id)) yield* differingStates(read, model_id, subject);
    if (!found) yield { subject, detail: 'is in the ledger, but not in the database' };
    else if (told && (await differingFields(read, found, told.doc, newest, model.purged_at)).length === 0) {
      if (number === 0) yield* differingOrder(read, subject, found);
    } else yield* differencesOf(read, subject, found, model.purged_at, newest);
  }
}

/** Looks at a row again, with the ledger as it was when the row was read. */
async function* differencesOf(
  read: Reader,
  subject: string,
  row: Found,
  purged_before: number | null,
  newest: number,
): AsyncGenerator<Difference> {
  // The versions of a purged model are emptied bit by bit: until then they are as they were.
  if (purged_before !== null && row.number > 0 && (await isLeft(read, 'purge', row.model_id))) return;
  const found = purged_before === null || row.number === 0 ? row : ((await foundAgain(read, row)) ?? row);
  const { model_id, seq, model_seq } = found;
  const doc = seq === null ? undefined : await subjectAt(read, found, seq);
  if (!doc || seq === null) {
    yield { subject, detail: 'is in the database, but no event tells of it' };
    return;
  }
  const hasMoved = model_seq !== null && model_seq > newest;
  const model_purged_at = hasMoved ? await purgedAt(read, { model_id, number: 0 }, model_seq) : purged_before;
  for (const [field, is, ought] of await differingFields(read, found, doc, seq, model_purged_at))
    yield { subject, field, detail: `the row says ${quote(is)}, the ledger ${quote(ought)}` };
}

async function differingFields(
  read: Reader,
  found: Found,
  doc: Doc,
  seq: number,
  model_purged_at: number | null,
): Promise<[field: string, is: unknown, ought: unknown][]> {
  const inTrash = doc.deregistered !== null;
  const own = found.number > 0 && inTrash ? await purgedAt(read, found, seq) : null;
  const ought = fieldsOf(found, doc, own, model_purged_at);
  const fields = new Set([...Object.keys(ought), ...Object.keys(found.fields)]);
  return [...fields]
    .filter((field) => !same(found.fields[field], ought[field]))
    .map((field) => [field, found.fields[field], ought[field]]);
}

/**
 * What a row has to hold: the document, and the columns that follow from it. The event that purges a model does not
 * repeat what it takes from each of its versions: it is always the same.
 */
function fieldsOf({ number, highest, used }: Found, doc: Doc, own: number | null, model_purged_at: number | null): Doc {
  const { deregistered } = doc as { deregistered: { purge_after: string } | null };
  const purge_after = deregistered && fromTime(deregistered.purge_after);
  if (number === 0) {
    // While the model bears its name, its numbers go on after all that were given under it.
    const last_number = deregistered ? highest : Math.max(highest ?? 0, used ?? 0);
    return { ...doc, name_key: keyOf(String(doc.name)), last_number, purge_after, purged_at: model_purged_at };
  }
  const { model: _, ...version } = doc; // the row has no name but its model's
  const emptied = model_purged_at === null ? {} : EMPTIED_FIELDS;
  return { ...version, ...emptied, purge_after, purged_at: own ?? model_purged_at };
}

/** When the ledger says that a subject was purged: its document tells of the trash only. */
async function purgedAt(read: Reader, { model_id, number }: Key, seq: number): Promise<number | null> {
  const row = await read
    .selectFrom('event_subject as s')
    .innerJoin('event as e', 'e.seq', 's.seq')
    .select((eb) => eb.fn.max('e.at').as('at'))
    .where('s.model_id', '=', model_id)
    .where('s.number', '=', number)
    .where('s.seq', '<=', seq)
    .where('e.type', '=', number === 0 ? 'model.purged' : 'version.purged')
    .executeTakeFirst();
  return row?.at ?? null;
}

const STATUSES = ['production', 'staging'] as const;
const TRIES = 5;

/**
 * No event tells `status_since`, by which the live versions are listed where the list of before does not tell: it has to
 * give the list that the ledger tells. Only a list that stood still while the versions were read can be compared.
 */
async function* differingOrder(read: Reader, subject: string, { model_id, fields }: Found): AsyncGenerator<Difference> {
  for (const status of STATUSES) {
    if ((fields.live as Record<string, number[]>)[status]!.length < 2) continue;
    for (let tries = 0; tries < TRIES; tries += 1) {
      const before = await liveOf(read, model_id);
      const numbers = await liveNumbers(read, model_id, status);
      const after = await liveOf(read, model_id);
      if (!before || before.etag !== after?.etag) continue;
      const listed = JSON.parse(before.live)[status];
      if (!same(listed, numbers))
        yield {
          subject,
          field: 'live',
          detail: `lists ${quote(listed)} in ${status}; by status_since it is ${quote(numbers)}`,
        };
      break;
    }
  }
}

function liveOf(read: Reader, model_id: number) {
  return read.selectFrom('model').select(['live', 'etag']).where('id', '=', model_id).executeTakeFirst();
}
