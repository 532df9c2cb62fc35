import type { EventType } from '../contract/event.ts';
import type { Reader } from '../db/database.ts';
import { LINE_IF_SHORT, withLines } from '../db/lines.ts';
import { breath } from '../registry/paging/breath.ts';
import type { About } from './story.ts';

/** Which events go into a pack: those of the version from one on, and some others. */
export interface Chosen extends About {
  /** The size of the ledger that the pack is about. */
  size: number;
  /** The first event of the version that is packed; more than the size where none is. */
  from: number;
  /** How many of its events are packed. */
  count: number;
  /** Whether it has no earlier ones. */
  complete: boolean;
  /** Events that are not about the version, in order. */
  besides: readonly number[];
}

const ROWS_TOGETHER = 200;

/** The newest events of a version up to an event, `most` of them. */
export async function chooseEvents(
  reader: Reader,
  about: About,
  size: number,
  most: number,
): Promise<Omit<Chosen, 'besides'>> {
  const newest = await places(reader, about)
    .where('seq', '<=', size)
    .orderBy('seq', 'desc')
    .limit(most + 1)
    .execute();
  const complete = newest.length <= most;
  const packed = complete ? newest : newest.slice(0, most);
  return { ...about, size, from: packed.at(-1)?.seq ?? size + 1, count: packed.length, complete };
}

/** The numbers of the packed events, in order, page by page. */
async function* pagesOf(reader: Reader, chosen: Chosen): AsyncGenerator<number[]> {
  let besides = [...chosen.besides];
  for (let after = chosen.from - 1; ; ) {
    await breath();
    const rows = await places(reader, chosen)
      .where('seq', '>', after)
      .where('seq', '<=', chosen.size)
      .orderBy('seq')
      .limit(ROWS_TOGETHER)
      .execute();
    const isLast = rows.length < ROWS_TOGETHER;
    const last = rows.at(-1)?.seq ?? after;
    const seqs = new Set(rows.map(({ seq }) => seq));
    for (const seq of besides) if (isLast || seq <= last) seqs.add(seq);
    besides = besides.filter((seq) => seq > last);
    const page = [...seqs].sort((a, b) => a - b);
    for (let at = 0; at < page.length; at += ROWS_TOGETHER) yield page.slice(at, at + ROWS_TOGETHER);
    if (isLast) return;
    after = last;
  }
}

function places(reader: Reader, { model_id, number }: About) {
  return reader.selectFrom('event_subject').select('seq').where('model_id', '=', model_id).where('number', '=', number);
}

/** The packed events with their lines, or those of some types. */
export async function* packedLines(
  reader: Reader,
  chosen: Chosen,
  types?: readonly EventType[],
): AsyncGenerator<{ seq: number; line: string }> {
  for await (const seqs of pagesOf(reader, chosen)) {
    let rows = reader
      .selectFrom('event')
      .select(['seq', ...LINE_IF_SHORT])
      .where('seq', 'in', seqs);
    if (types) rows = rows.where('type', 'in', types);
    for await (const row of withLines(reader, await rows.orderBy('seq').execute())) {
      yield row;
      await breath();
    }
  }
}

/** Their leaf hashes, as they stand beside the lines. */
export async function* packedLeaves(reader: Reader, chosen: Chosen): AsyncGenerator<{ seq: number; leaf: Uint8Array }> {
  for await (const seqs of pagesOf(reader, chosen))
    yield* await reader.selectFrom('event').select(['seq', 'leaf']).where('seq', 'in', seqs).orderBy('seq').execute();
}
