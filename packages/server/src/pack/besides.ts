import type { Event } from '../contract/event.ts';
import type { Reader } from '../db/database.ts';
import { isNamed } from '../events/named.ts';
import { breath } from '../registry/paging/breath.ts';
import { type Chosen, packedLines } from './packed-events.ts';
import { DEFAULT_POLICY, TOLD } from './told.ts';

/** So many events are looked through for the names of a model. */
const MOST_NAMES = 100;

/** A name that the model bore from an event on until it got the next one. */
interface Naming {
  name: string;
  seq: number;
}

/**
 * Events that are not about the version, and belong to its evidence: those that gave its model its names, and the
 * policies that were in force at each step of its promotions, and are now.
 */
export async function eventsBesides(
  reader: Reader,
  chosen: Omit<Chosen, 'besides'>,
  name: string,
  most: number,
): Promise<{ seqs: number[]; complete: boolean }> {
  const namings = await namingsOf(reader, chosen.model_id, name, chosen.size);
  const policies = policiesBefore(reader, chosen.model_id, namings);
  const moments: number[] = [];
  const steps = packedLines(reader, { ...chosen, besides: [] }, TOLD['promotions.json'].types);
  for await (const { seq } of steps) moments.push(seq);
  const edits = new Set<number>();
  // The newest first: it is the earliest edits that are left out.
  for (const moment of [...moments, chosen.size + 1].reverse()) {
    await breath();
    for (const seq of await policies(moment)) edits.add(seq);
    if (edits.size > most) break;
  }
  const kept = [...edits].slice(0, most);
  const seqs = new Set([...namings.map(({ seq }) => seq), ...kept]);
  return { seqs: [...seqs].sort((a, b) => a - b), complete: kept.length === edits.size };
}

/** The events that gave a model its names, the newest first. */
async function namingsOf(reader: Reader, model_id: number, name: string, size: number): Promise<Naming[]> {
  const namings: Naming[] = [];
  let [now, until] = [name, size + 1];
  for (let looked = 0; looked < MOST_NAMES; looked += 1) {
    const event = await lastBefore(reader, now, ['model.registered', 'model.renamed'], until);
    if (!event) break;
    until = event.seq;
    const change = event.changes.find((one) => one.model_id === model_id && one.number === 0);
    // Another model that bore the name.
    if (!change) continue;
    namings.push({ name: now, seq: event.seq });
    if (typeof change.before?.name !== 'string') break;
    now = change.before.name;
  }
  return namings;
}

/**
 * Answers, from one moment to an earlier one, the edits of the policies that were in force before it: of the default, and
 * of the model's own. An edit is looked for once, however many moments it was in force at.
 */
function policiesBefore(reader: Reader, model_id: number, namings: readonly Naming[]) {
  let general = Number.POSITIVE_INFINITY;
  let own = Number.POSITIVE_INFINITY;
  const ownBefore = async (moment: number): Promise<number> => {
    for (const [i, { name, seq }] of namings.entries()) {
      if (seq >= moment) continue;
      const edit = await lastBefore(reader, name, ['policy.changed'], Math.min(moment, namings[i - 1]?.seq ?? moment));
      if (edit?.changes.some((change) => change.model_id === model_id)) return edit.seq;
    }
    return 0;
  };
  return async (moment: number): Promise<number[]> => {
    if (general >= moment) general = (await lastBefore(reader, DEFAULT_POLICY, ['policy.changed'], moment))?.seq ?? 0;
    if (own >= moment) own = await ownBefore(moment);
    return [general, own].filter((seq) => seq > 0);
  };
}

async function lastBefore(
  reader: Reader,
  subject: string,
  types: readonly ('model.registered' | 'model.renamed' | 'policy.changed')[],
  before: number,
): Promise<Event | undefined> {
  // Found before its line is read: where the order has to be made, SQLite would carry all lines through it.
  const last = reader
    .selectFrom('event')
    .select('seq')
    .where('subject', '=', subject)
    .where('type', 'in', types)
    .where(isNamed())
    .where('seq', '<', before)
    .orderBy('seq', 'desc')
    .limit(1);
  const row = await reader.selectFrom('event').select('line').where('seq', '=', last).executeTakeFirst();
  return row && (JSON.parse(row.line) as Event);
}
