import type { Event, EventType, SubjectChange } from '../contract/event.ts';
import type { Model } from '../contract/model.ts';
import type { Version } from '../contract/version.ts';
import type { Reader } from '../db/database.ts';
import type { Clock } from './paging/clock.ts';
import { PageTokenError, type Position } from './paging/page-token.ts';
import { compareText } from './search/order.ts';
import type { ModelSubject, VersionSubject } from './search/subject.ts';
import { subjectWithFormatsAt } from './timeline.ts';
import { modelDocAt } from './timeline-model.ts';

/** Where a subject stands in the order of a list, and what it was where it was live at that moment. */
export interface Candidate<D> {
  position: Position;
  doc?: D | undefined;
}
export type PastModel = ModelSubject & { id: number };
export type PastVersion = VersionSubject & { id: number };

/** Where a walk starts, and which way it goes. */
export interface Walk {
  desc: boolean;
  after: Position | undefined;
}

const ROWS_TOGETHER = 50;
/** The names of more models are not held in memory. */
const MOST_RENAMED = 1_000;

/** The names that models had until they were first renamed after event `seq`; undefined where there are too many. */
export async function namesBefore(reader: Reader, seq: number): Promise<Map<number, string> | undefined> {
  const renames = await changesAfter(reader, seq, 'model.renamed', MOST_RENAMED + 1);
  if (renames.length > MOST_RENAMED) return undefined;
  const names = new Map<number, string>();
  for (const { model_id, before } of renames) if (!names.has(model_id)) names.set(model_id, String(before?.name));
  return names;
}

/** Models in order of their names of today, but for some that had others; several that bore one name, in order of their ids. */
export async function* modelsInOrder(
  reader: Reader,
  seq: number,
  walk: Walk,
  others: ReadonlyMap<number, string>,
  clock: Clock | undefined,
): AsyncGenerator<Candidate<PastModel>> {
  const sign = walk.desc ? -1 : 1;
  const compare = (a: Bearer, b: Bearer) => sign * (compareText(a.name, b.name) || a.id - b.id);
  const after = walk.after && bearerAt(walk.after);
  const past = [...others].map(([id, name]) => ({ id, name })).filter((one) => !after || compare(after, one) < 0);
  past.sort(compare);
  const candidate = async ({ id, name }: Bearer): Promise<Candidate<PastModel>> => {
    const model = await modelDocAt(reader, id, seq);
    const isLive = model !== undefined && model.deregistered === null;
    return { position: [name, id], doc: isLive ? await toSubject(reader, seq, id, model, clock) : undefined };
  };
  let next = 0;
  for await (const bearer of modelsOfToday(reader, seq, walk.desc, after)) {
    if (others.has(bearer.id)) continue;
    for (; next < past.length && compare(past[next]!, bearer) < 0; next += 1) yield candidate(past[next]!);
    yield candidate(bearer);
  }
  for (; next < past.length; next += 1) yield candidate(past[next]!);
}

interface Bearer {
  id: number;
  name: string;
}

function bearerAt([name, id]: Position): Bearer {
  if (typeof name !== 'string' || typeof id !== 'number') throw new PageTokenError();
  return { id, name };
}

async function* modelsOfToday(
  reader: Reader,
  seq: number,
  desc: boolean,
  after: Bearer | undefined,
): AsyncGenerator<Bearer> {
  const [first] = await changesAfter(reader, seq, 'model.registered', 1);
  const [beyond, direction] = desc ? (['<', 'desc'] as const) : (['>', 'asc'] as const);
  for (let from = after; ; ) {
    let rows = reader.selectFrom('model').select(['id', 'name']);
    if (first) rows = rows.where('id', '<', first.model_id);
    const last = from;
    if (last) rows = rows.where((eb) => eb(eb.refTuple('name', 'id'), beyond, eb.tuple(last.name, last.id)));
    const page = await rows.orderBy('name', direction).orderBy('id', direction).limit(ROWS_TOGETHER).execute();
    yield* page;
    if (page.length < ROWS_TOGETHER) return;
    from = page.at(-1);
  }
}

/** Versions, of one model or of all, in the order in which they were created. */
export async function* versionsInOrder(
  reader: Reader,
  seq: number,
  { desc, after }: Walk,
  model_id: number | undefined,
): AsyncGenerator<Candidate<PastVersion>> {
  const [first] = await changesAfter(reader, seq, 'version.created', 1);
  const end = first && (await idOf(reader, first));
  const models = new Map<number, OfModel | undefined>();
  const key = model_id === undefined ? 'id' : 'number';
  for (let from = after?.[0] as number | undefined; ; ) {
    let rows = reader.selectFrom('version').select(['id', 'model_id', 'number']);
    if (end !== undefined) rows = rows.where('id', '<', end);
    if (model_id !== undefined) rows = rows.where('model_id', '=', model_id);
    if (from !== undefined) rows = rows.where(key, desc ? '<' : '>', from);
    const page = await rows
      .orderBy(key, desc ? 'desc' : 'asc')
      .limit(ROWS_TOGETHER)
      .execute();
    for (const row of page) {
      if (!models.has(row.model_id)) models.set(row.model_id, await ofModel(reader, row.model_id, seq));
      const model = models.get(row.model_id);
      const doc = model && (await versionDocAt(reader, row, model, seq));
      yield { position: [row[key]], doc };
    }
    if (page.length < ROWS_TOGETHER) return;
    from = page.at(-1)?.[key];
  }
}

/** What a version shows of its model. */
type OfModel = Pick<Model, 'name' | 'owner'>;

async function ofModel(reader: Reader, model_id: number, seq: number): Promise<OfModel | undefined> {
  const model = await modelDocAt(reader, model_id, seq);
  return model?.deregistered === null ? { name: model.name, owner: model.owner } : undefined;
}

async function versionDocAt(
  reader: Reader,
  { id, model_id, number }: { id: number; model_id: number; number: number },
  { name, owner }: OfModel,
  seq: number,
): Promise<PastVersion | undefined> {
  const past = await subjectWithFormatsAt(reader, { model_id, number }, seq);
  const version = past?.doc as Version | undefined;
  if (!past || version?.deregistered !== null) return undefined;
  return { id, version: { ...version, model: name }, formats: past.formats, owner };
}

/** What the next events of a type after event `seq` changed, each: its subject stands first. */
async function changesAfter(reader: Reader, seq: number, type: EventType, most: number): Promise<SubjectChange[]> {
  const rows = await reader
    .selectFrom('event')
    .select('line')
    .where('type', '=', type)
    .where('seq', '>', seq)
    .orderBy('seq')
    .limit(most)
    .execute();
  return rows.flatMap(({ line }) => (JSON.parse(line) as Event).changes[0] ?? []);
}

async function idOf(reader: Reader, { model_id, number }: SubjectChange): Promise<number | undefined> {
  const version = reader
    .selectFrom('version')
    .select('id')
    .where('model_id', '=', model_id)
    .where('number', '=', number);
  return (await version.executeTakeFirst())?.id;
}

/** With its live versions, if there is a clock for them: where a filter or an order asks for these. */
async function toSubject(
  reader: Reader,
  seq: number,
  id: number,
  model: Model,
  clock: Clock | undefined,
): Promise<PastModel> {
  const versions: VersionSubject[] = [];
  if (clock)
    for await (const { doc } of versionsInOrder(reader, seq, { desc: false, after: undefined }, id)) {
      if (doc) versions.push(doc);
      await clock.rest();
    }
  return { model, versions: () => versions, id };
}
