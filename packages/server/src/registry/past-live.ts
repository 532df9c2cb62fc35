import { LIMITS } from '../contract/limits.ts';
import type { LiveStatus } from '../contract/live.ts';
import type { Version } from '../contract/version.ts';
import type { Reader } from '../db/database.ts';
import { seqAt } from '../events/moments.ts';
import type { ListParts } from './lists.ts';
import { startClock } from './paging/clock.ts';
import { type Position, sealToken } from './paging/page-token.ts';
import { opened, type Page, type PageAsked } from './paging/pages.ts';
import { subjectAt } from './timeline.ts';
import { modelDocAt } from './timeline-model.ts';

/** Documents of the past are held in memory until the page is whole. */
const PAST_TOGETHER = 100;

/** The versions that were in a status at a moment. A page ends early where it takes long. */
export async function pastLive(
  { read, dialect, tokenKey }: ListParts,
  asked: PageAsked & { status: LiveStatus; at: number },
): Promise<Page<Version>> {
  const { status, at, page_token } = asked;
  const scope = `live ${status} as of ${at}`;
  const after = page_token === undefined ? undefined : opened(tokenKey, scope, page_token);
  const page_size = Math.min(asked.page_size, PAST_TOGETHER);
  const clock = startClock(dialect);
  const items: Version[] = [];
  let last: Position | undefined;
  for await (const { position, version } of liveInOrder(read, await seqAt(read, at), status, after)) {
    if (version) {
      if (items.length === page_size) return { items, next_page_token: sealToken(tokenKey, scope, last!) };
      items.push(version);
    }
    last = position;
    if (clock.isOver()) return { items, next_page_token: sealToken(tokenKey, scope, position) };
    await clock.rest();
  }
  return { items, next_page_token: null };
}

/** Behind all versions of a model. */
const END = Number.MAX_SAFE_INTEGER;
const ROWS_TOGETHER = 50;

interface Candidate {
  position: Position;
  version?: Version;
}

/** Of the models that ever had a version in the status, what each of them had there then. */
async function* liveInOrder(
  read: Reader,
  seq: number,
  status: LiveStatus,
  after: Position | undefined,
): AsyncGenerator<Candidate> {
  const [begun, number] = (after ?? [0, END]) as [number, number];
  if (number < END) yield* liveOf(read, seq, { model_id: begun, status }, number);
  for (let from = begun; ; ) {
    const models = await modelsAfter(read, status, from);
    for (const model_id of models) yield* liveOf(read, seq, { model_id, status }, 0);
    if (models.length < ROWS_TOGETHER) return;
    from = models.at(-1)!;
  }
}

interface Place {
  model_id: number;
  status: LiveStatus;
}

async function* liveOf(
  read: Reader,
  seq: number,
  { model_id, status }: Place,
  after: number,
): AsyncGenerator<Candidate> {
  const model = await modelDocAt(read, model_id, seq);
  if (model?.deregistered === null)
    for await (const number of numbersAfter(read, { model_id, status }, model.live[status], after)) {
      const version = (await subjectAt(read, { model_id, number }, seq)) as Version | undefined;
      const isLive = version?.status === status && version.deregistered === null;
      yield { position: [model_id, number], ...(isLive && { version: { ...version, model: model.name } }) };
    }
  yield { position: [model_id, END] };
}

async function modelsAfter(read: Reader, status: LiveStatus, model_id: number): Promise<number[]> {
  const rows = await read
    .selectFrom('tenure')
    .select('model_id')
    .distinct()
    .where('status', '=', status)
    .where('model_id', '>', model_id)
    .orderBy('model_id')
    .limit(ROWS_TOGETHER)
    .execute();
  return rows.map((row) => row.model_id);
}

/** A model lists the newest of its live versions only: where the list is full, all are looked at that were ever there. */
async function* numbersAfter(
  read: Reader,
  { model_id, status }: Place,
  listed: readonly number[],
  after: number,
): AsyncGenerator<number> {
  if (listed.length < LIMITS.liveListed) {
    yield* listed.filter((number) => number > after).sort((a, b) => a - b);
    return;
  }
  for (let from = after; ; ) {
    const rows = await read
      .selectFrom('tenure')
      .select('number')
      .distinct()
      .where('status', '=', status)
      .where('model_id', '=', model_id)
      .where('number', '>', from)
      .orderBy('number')
      .limit(ROWS_TOGETHER)
      .execute();
    for (const { number } of rows) yield number;
    if (rows.length < ROWS_TOGETHER) return;
    from = rows.at(-1)!.number;
  }
}
