import { sql } from 'kysely';
import type { Event } from '../contract/event.ts';
import { fromTime } from '../contract/time.ts';
import type { Dialect, Reader } from '../db/database.ts';
import { LINE_IF_SHORT, type LinePlace, withLines } from '../db/lines.ts';
import { countWithin } from '../db/together.ts';
import { seqAt, seqFrom } from '../events/moments.ts';
import { isNamed } from '../events/named.ts';
import { ANY_NUMBER } from '../events/subjects.ts';
import { type Subject, subjectOf, typeOfOther } from './audit-subject.ts';
import { startClock } from './paging/clock.ts';
import { sealToken } from './paging/page-token.ts';
import { opened, PAGE_CHARACTERS, type Page, type PageAsked } from './paging/pages.ts';
import { all, exists, type ReadAt, rowByRow, type Sql } from './paging/sql.ts';
import { FIRST_STEP, stretches, type Track, within } from './paging/stretches.ts';

export interface EventQuery extends PageAsked {
  /** `model` (with its versions), `model/number`, `policy:default` or `metric:name`; events under a model's earlier names belong to it. */
  subject?: string | undefined;
  actor?: string | undefined;
  type?: string | undefined;
  from?: string | undefined;
  to?: string | undefined;
  order: 'asc' | 'desc';
}

export interface EventParts extends ReadAt {
  dialect: Dialect;
  tokenKey: Uint8Array;
}

/** Events, the newest first unless asked otherwise. */
export async function listEvents(parts: EventParts, asked: EventQuery): Promise<Page<Event>> {
  const { page_size, page_token, ...filter } = asked;
  const scope = `events ${JSON.stringify(filter)}`;
  const isModel = asked.subject !== undefined && !typeOfOther(asked.subject);
  const about = isModel ? await subjectOf(parts.read, asked.subject as string) : undefined;
  const after = page_token === undefined ? undefined : opened(parts.tokenKey, scope, page_token)[0];
  const { rows, next } = await lookForEvents(parts, asked, about, after as number | undefined);
  const items: Event[] = [];
  for await (const { line } of withLines(parts.read, rows)) items.push(JSON.parse(line) as Event);
  return { items, next_page_token: next === undefined ? null : sealToken(parts.tokenKey, scope, [next]) };
}

/**
 * The next events that match, found in stretches of a bounded number of events along the index of whichever is asked
 * for that fewest have; a page that takes long or is full of long lines ends early, like one of a search.
 */
async function lookForEvents(
  { read, dialect }: EventParts,
  asked: EventQuery,
  about: Subject | undefined,
  after: number | undefined,
): Promise<{ rows: LinePlace[]; next?: number | undefined }> {
  const { page_size } = asked;
  const other = typeOfOther(asked.subject);
  if (asked.subject !== undefined && !about && !other) return { rows: [] };
  const direction = { desc: asked.order === 'desc' };
  const clock = startClock(dialect);
  const pace = { at: { read }, step: Math.max(FIRST_STEP, 2 * page_size) };
  const rows: LinePlace[] = [];
  for await (const { walk, from, to } of stretches(pace, await tracksOf(read, asked, about), direction, after)) {
    const beyond = [...walk.where, ...within(walk, direction, from, to)];
    const event = rowByRow(dialect, { table: 'event', as: 'e', key: 'seq' }, walk.value);
    const found = sql`select distinct e.seq from ${walk.from} cross join ${event.table}
      where ${all([...beyond, event.on, ...conditionsOf(dialect, asked, about)])}
      order by e.seq ${sql.raw(asked.order)} limit ${page_size + 1 - rows.length}`;
    const lines = read.selectFrom('event').select(['seq', ...LINE_IF_SHORT]);
    const page = lines.where('seq', 'in', sql<number>`(${found})`).orderBy('seq', asked.order);
    rows.push(...(await page.execute()));
    const count = Math.min(page_size, countWithin(PAGE_CHARACTERS, rows));
    if (rows.length > count) return { rows: rows.slice(0, count), next: rows[count - 1]!.seq };
    if (to === undefined) break;
    pace.step = clock.paced(pace.step);
    if (clock.isOver()) return { rows, next: to as number };
    await clock.rest();
  }
  return { rows };
}

/** What the events may be walked along: those of the subject, of the actor, of the type; or all of the time asked for. */
async function tracksOf(read: Reader, asked: EventQuery, about: Subject | undefined): Promise<Track[]> {
  const range: Sql[] = [];
  if (asked.from !== undefined) range.push(sql`walk.seq >= ${await seqFrom(read, fromTime(asked.from))}`);
  if (asked.to !== undefined) range.push(sql`walk.seq <= ${await seqAt(read, fromTime(asked.to))}`);
  const track = (table: string, where: Sql[]): Track => ({
    from: sql`${sql.table(table)} as walk`,
    where: [...where, ...range],
    value: sql`walk.seq`,
    effort: 1,
  });
  const tracks: Track[] = [];
  if (about) {
    const each = { of: sql`walk.model_id`, values: about.models };
    const number = sql`walk.number = ${about.number ?? ANY_NUMBER}`;
    tracks.push({ ...track('event_subject', [number]), each, effort: about.models.length });
  }
  const other = typeOfOther(asked.subject);
  if (other)
    tracks.push(track('event', [sql`walk.subject = ${asked.subject}`, sql`walk.type = ${other}`, isNamed('walk')]));
  if (asked.actor !== undefined) tracks.push(track('event', [sql`walk.actor = ${asked.actor}`]));
  if (asked.type !== undefined) tracks.push(track('event', [sql`walk.type = ${asked.type}`]));
  return tracks.length > 0 ? tracks : [track('event', [])];
}

function conditionsOf(dialect: Dialect, asked: EventQuery, about: Subject | undefined): Sql[] {
  const conditions: Sql[] = [];
  if (about) {
    const rows = sql`event_subject as s where s.model_id in (${sql.join(about.models)})
      and s.number = ${about.number ?? ANY_NUMBER} and s.seq = e.seq`;
    conditions.push(exists(rows, dialect));
  }
  if (typeOfOther(asked.subject)) conditions.push(sql`e.subject = ${asked.subject}`);
  if (asked.actor !== undefined) conditions.push(sql`e.actor = ${asked.actor}`);
  if (asked.type !== undefined) conditions.push(sql`e.type = ${asked.type}`);
  if (asked.from !== undefined) conditions.push(sql`e.at >= ${fromTime(asked.from)}`);
  if (asked.to !== undefined) conditions.push(sql`e.at <= ${fromTime(asked.to)}`);
  return conditions;
}
