import type { Reader } from '../db/database.ts';
import { applyChange, type Doc, same } from '../events/replay.ts';
import type { Difference } from './reconcile-events.ts';
import { changesOf } from './timeline-model.ts';

/** The states that are kept of a model, held against what replaying its events gives: reads of the past start from them. */
export async function* differingStates(read: Reader, model_id: number, subject: string): AsyncGenerator<Difference> {
  const states = read.selectFrom('model_state').select(['etag', 'doc']).where('model_id', '=', model_id);
  const kept = new Map((await states.execute()).map(({ etag, doc }) => [etag, doc]));
  let state: Doc | undefined;
  for await (const change of changesOf(read, { model_id, number: 0 })) {
    state = applyChange(state, change);
    const etag = state.etag as number;
    const doc = kept.get(etag);
    if (doc === undefined || !('etag' in change.after)) continue;
    kept.delete(etag);
    if (!same(readable(doc), state)) yield { subject, field: 'model_state', detail: `differs at etag ${etag}` };
  }
  for (const etag of kept.keys())
    yield { subject, field: 'model_state', detail: `is of etag ${etag}, which no event tells of` };
}

function readable(doc: string): unknown {
  try {
    return JSON.parse(doc);
  } catch {
    return doc;
  }
}
