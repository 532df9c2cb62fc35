import type { EventType } from '../../contract/event.ts';
import type { PromotionState } from '../../contract/promotion.ts';
import type { Work } from '../batch.ts';
import type { ModelRow } from '../models/repository.ts';
import { closedNow, type Held, listWaiting, savePromotion } from './promotions.ts';

type Ending = Exclude<PromotionState, 'waiting' | 'executed'>;

/** Ends a promotion that waited, without what it asked for. `model`: the name of its model. */
export async function close(
  work: Work,
  held: Held,
  model: string,
  state: Ending,
  reason: string | null,
  changed: Partial<Held['doc']> = {},
): Promise<Held> {
  const doc = { ...held.doc, ...changed, closed: closedNow(work, reason) };
  const closed: Held = { ...held, state, etag: held.etag + 1, doc };
  await savePromotion(work, closed);
  work.record({
    type: `promotion.${state}` satisfies EventType,
    subject: `${model}/${held.number}`,
    ...(reason !== null && { reason }),
    details: { promotion: held.id, ...changed },
    changes: [untouched(held)],
  });
  return closed;
}

/** A change that changes nothing of the version: it only lists the event under it. */
export function untouched({ model_id, number }: Pick<Held, 'model_id' | 'number'>) {
  return { model_id, number, before: {}, after: {} };
}

/** What is left of these is refused when somebody approves it, or expires. */
const MOST_CLOSED = 200;

/** Nothing waits for a version that is in the trash, nor for a model. */
export async function closeWaiting(work: Work, model: Pick<ModelRow, 'id' | 'name'>, number?: number): Promise<void> {
  const what = number === undefined ? 'the model' : 'the version';
  for (const held of await listWaiting(work.tx, model.id, number, MOST_CLOSED))
    await close(work, held, model.name, 'cancelled', `${what} was deregistered`);
}
