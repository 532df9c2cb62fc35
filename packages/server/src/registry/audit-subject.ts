import type { Event, EventType } from '../contract/event.ts';
import type { Reader } from '../db/database.ts';

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
