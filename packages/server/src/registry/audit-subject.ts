import type { Event, EventType } from '../contract/event.ts';
import type { Reader } from '../db/database.ts';
import { isNamed } from '../events/named.ts';

/** Whose events are asked for. */
export interface Subject {
  /** Never empty. */
  models: number[];
  number?: number;
}

/** What is no model but has events of its own, and their type: names of models hold no colon. */
const OTHERS: Record<string, EventType> = { policy: 'policy.changed', metric: 'metric-definition.changed' };

/** The type of the events of `policy:default` or `metric:auc`; undefined for every other subject. */
export function typeOfOther(subject: string | undefined): EventType | undefined {
  const kind = /^([a-z]+):/.exec(subject ?? '')?.[1];
  return kind !== undefined && Object.hasOwn(OTHERS, kind) ? OTHERS[kind] : undefined;
}

/** Whom `model` or `model/number` means; undefined where no model ever bore the name. */
export async function subjectOf(reader: Reader, subject: string): Promise<Subject | undefined> {
  const [, name, number] = /^([^/]*)(?:\/([1-9]\d{0,14}))?$/u.exec(subject) ?? [];
  const namings = name ? await namingsOf(reader, name) : [];
  const models = [...new Set(namings.map(({ model_id }) => model_id))];
  if (!name || models.length === 0) return undefined;
  if (number === undefined) return { models };
  const version = await versionBearing(reader, namings, name, Number(number));
  return { models: version === undefined ? models : [version], number: Number(number) };
}

const MOST_BEARERS = 100;

/** A model that was given the name by the event `seq`. */
interface Naming {
  model_id: number;
  seq: number;
}

/** Every model that was given a name, the newest first: it goes to another model when its bearer is renamed or deregistered. */
async function namingsOf(reader: Reader, name: string): Promise<Naming[]> {
  const events = await reader
    .selectFrom('event')
    .select('seq')
    .where('subject', '=', name)
    .where('type', 'in', ['model.registered', 'model.renamed'])
    .where(isNamed())
    .orderBy('seq', 'desc')
    .limit(MOST_BEARERS)
    .execute();
  const namings: Naming[] = [];
  for (const { seq } of events) {
    const { line } = await reader.selectFrom('event').select('line').where('seq', '=', seq).executeTakeFirstOrThrow();
    for (const { model_id } of (JSON.parse(line) as Event).changes) namings.push({ model_id, seq });
  }
  return namings;
}

/**
 * `churn/3` means one version for ever, although two bearers of the name may each have a version 3, one of them numbered
 * under another name: the one that had an event while its model bore this one. Undefined where none had.
 */
async function versionBearing(
  reader: Reader,
  namings: readonly Naming[],
  name: string,
  number: number,
): Promise<number | undefined> {
  for (const { model_id, seq } of namings) {
    const first = await reader
      .selectFrom('event')
      .innerJoin('event_subject as s', 's.seq', 'event.seq')
      .select('event.subject')
      .where('s.model_id', '=', model_id)
      .where('s.number', '=', number)
      .where('s.seq', '>=', seq)
      .orderBy('s.seq')
      .limit(1)
      .executeTakeFirst();
    if (first?.subject.startsWith(`${name}/`)) return model_id;
  }
  return undefined;
}
