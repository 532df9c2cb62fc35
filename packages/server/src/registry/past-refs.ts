import { setImmediate } from 'node:timers/promises';
import type { Event, SubjectChange } from '../contract/event.ts';
import type { Model } from '../contract/model.ts';
import type { Version } from '../contract/version.ts';
import type { Reader } from '../db/database.ts';
import { type LentLine, LINE_IF_SHORT, withRead } from '../db/lines.ts';
import { isNamed } from '../events/named.ts';
import { slim } from '../events/slim.ts';
import { ANY_NUMBER } from '../events/subjects.ts';
import { parseRef, type Ref } from './refs.ts';
import { Refused, refuse } from './refusals.ts';
import { subjectAt, subjectWithFormatsAt } from './timeline.ts';
import { modelDocAt } from './timeline-model.ts';
import { numberOf } from './versions/repository.ts';

const ROWS_TOGETHER = 200;

/**
 * The model that bore a name at a moment, as it was then. Only one at a time bears a name, so that it is the one that was
 * given it last, or none.
 */
export async function modelAt(reader: Reader, name: string, seq: number): Promise<{ id: number; model: Model }> {
  // Found before its line is read: where the order has to be made, SQLite would carry all lines through it.
  const last = reader
    .selectFrom('event')
    .select('seq')
    .where('subject', '=', name)
    .where('type', 'in', ['model.registered', 'model.renamed', 'model.restored'])
    .where(isNamed())
    .where('seq', '<=', seq)
    .orderBy('seq', 'desc')
    .limit(1);
  const named = await reader.selectFrom('event').select('line').where('seq', '=', last).executeTakeFirst();
  const given = named && (JSON.parse(named.line) as Event).changes.find((change) => change.number === 0);
  const model = given && (await modelDocAt(reader, given.model_id, seq));
  if (model?.name === name && model.deregistered === null) return { id: given!.model_id, model };
  throw new Refused('model-not-found', `There was no model ${name} at that time.`, { model: name });
}

/** A version by ref as it was at a moment, under the name that its model had then. */
export async function versionAt(reader: Reader, name: string, text: string, seq: number): Promise<Version> {
  return (await placedVersionAt(reader, name, text, seq)).version;
}

/** The same, with its model's id and the distinct formats of the artifacts that it had. */
export async function placedVersionAt(
  reader: Reader,
  name: string,
  text: string,
  seq: number,
): Promise<{ model_id: number; version: Version; formats: string[] }> {
  const { id: model_id, model } = await modelAt(reader, name, seq);
  const ref = parseRef(text);
  const lists = { aliases: JSON.stringify(model.aliases), live: JSON.stringify(model.live) };
  const number =
    ref &&
    (numberOf({ ...lists, latest_version: model.latest_version }, ref) ?? (await newestAt(reader, model_id, ref, seq)));
  const past = number ? await subjectWithFormatsAt(reader, { model_id, number }, seq) : undefined;
  const doc = past?.doc as Version | undefined;
  if (past && doc?.deregistered === null)
    return { model_id, version: { ...doc, model: model.name }, formats: past.formats };
  return refuse('version-not-found', `${name} had no version ${text} at that time.`, { model: name, ref: text });
}

/**
 * Draft and archived versions are not listed on the model: the one that came into the status last. That is the first
 * one, going back from the moment, that came into it and was in it still.
 */
async function newestAt(reader: Reader, model_id: number, ref: Ref, seq: number): Promise<number | undefined> {
  if (ref.kind !== 'status' || ref.status === 'production' || ref.status === 'staging') return undefined;
  const seen = new Set<number>();
  for await (const { number, after } of movesBefore(reader, model_id, seq)) {
    if (seen.has(number)) continue;
    seen.add(number);
    if (after.status !== ref.status) continue;
    const doc = (await subjectAt(reader, { model_id, number }, seq)) as Version | undefined;
    if (doc?.deregistered === null) return number;
  }
  return undefined;
}

const MOVES = ['version.created', 'version.promoted', 'version.rolled-back', 'version.restored'];

/** Changes of status of a model's versions up to event `seq`, the last one first. */
async function* movesBefore(reader: Reader, model_id: number, seq: number): AsyncGenerator<SubjectChange> {
  for (let before = seq + 1; ; ) {
    const page = reader
      .selectFrom('event_subject')
      .select('seq')
      .where('model_id', '=', model_id)
      .where('number', '=', ANY_NUMBER)
      .where('seq', '<', before)
      .orderBy('seq', 'desc')
      .limit(ROWS_TOGETHER);
    const rows = await reader
      .selectFrom(page.as('s'))
      .innerJoin('event as e', 'e.seq', 's.seq')
      .select(['e.seq', 'e.type', ...LINE_IF_SHORT])
      .orderBy('e.seq', 'desc')
      .execute();
    const moves = rows.filter(({ type }) => MOVES.includes(type));
    const read = (line: LentLine) => JSON.parse(slim(line, { model_id }, (field) => field !== 'status')) as Event;
    for await (const { changes } of withRead(reader, moves, read)) {
      const moved = changes.filter((one) => one.model_id === model_id && one.number > 0 && 'status' in one.after);
      yield* moved.sort((a, b) => b.number - a.number);
    }
    const last = rows.at(-1);
    if (!last) return;
    before = last.seq;
    await setImmediate();
  }
}
