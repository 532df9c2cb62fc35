import { SYSTEM } from '../../contract/actor.ts';
import type { Reader } from '../../db/database.ts';
import { IS_WAITING } from '../../db/waiting.ts';
import type { Change } from '../change.ts';
import { close } from './close.ts';
import { getPromotion, isExpired } from './promotions.ts';

const EXPIRED_TOGETHER = 500;

/**
 * Ends the promotions whose time to wait is over, and answers how many that were. Each is a change of its own, by the
 * actor `system`; none is begun once the signal is aborted.
 */
export async function expirePromotions(
  reader: Reader,
  change: Change,
  now: () => number,
  signal?: AbortSignal,
): Promise<number> {
  const caller = { actor: SYSTEM, request_id: 'expiry' };
  let expired = 0;
  for (;;) {
    const rows = await reader
      .selectFrom('promotion')
      .select('id')
      .where(IS_WAITING)
      .where('expires_at', '<=', now())
      .limit(EXPIRED_TOGETHER)
      .execute();
    for (const { id } of rows) {
      if (signal?.aborted) return expired;
      expired += await change(caller, async (work) => {
        const { held, model } = await getPromotion(work.tx, id);
        if (held.state !== 'waiting' || !isExpired(held, work.at)) return 0;
        await close(work, held, model, 'expired', null);
        return 1;
      });
    }
    if (rows.length < EXPIRED_TOGETHER) return expired;
  }
}
