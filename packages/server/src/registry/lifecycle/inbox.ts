import type { Promotion, PromotionState } from '../../contract/promotion.ts';
import type { Dialect, Reader } from '../../db/database.ts';
import { MODEL_OF_P } from '../../db/waiting.ts';
import { getModel } from '../models/repository.ts';
import { type Clock, startClock } from '../paging/clock.ts';
import { sealToken } from '../paging/page-token.ts';
import { charactersIn, opened, PAGE_CHARACTERS, type Page, type PageAsked } from '../paging/pages.ts';
import { isExpired, type PromotionRow, rowToPromotion } from './promotions.ts';

export interface PromotionQuery extends PageAsked {
  model?: string | undefined;
  state?: PromotionState | undefined;
  by?: string | undefined;
  /** Whom they wait for: those that this actor can approve. */
  for?: string | undefined;
}

interface InboxParts {
  read: Reader;
  dialect: Dialect;
  tokenKey: Uint8Array;
  now(): number;
}

const ROWS_TOGETHER = 100;

/** Promotions that were asked for, the newest first. A page that takes long, or is full of long texts, ends early. */
export async function listPromotions(parts: InboxParts, asked: PromotionQuery): Promise<Page<Promotion>> {
  const { page_size, page_token, ...filter } = asked;
  const scope = `promotions ${JSON.stringify(filter)}`;
  const model_id = asked.model === undefined ? undefined : (await getModel(parts.read, asked.model)).id;
  const after = page_token === undefined ? undefined : opened(parts.tokenKey, scope, page_token)[0];
  const state = asked.for === undefined ? asked.state : 'waiting';
  const clock = startClock(parts.dialect);
  const items: Promotion[] = [];
  let [characters, last] = [0, after as number | undefined];
  const isFull = () => items.length === page_size || characters >= PAGE_CHARACTERS;
  for await (const row of newestFirst(parts.read, { model_id, state }, last, clock)) {
    if (row === 'late' || isFull())
      return { items, next_page_token: last === undefined ? null : sealToken(parts.tokenKey, scope, [last]) };
    last = row.id;
    if (state !== undefined && row.state !== state) continue;
    const promotion = rowToPromotion(row);
    if (asked.by !== undefined && promotion.by !== asked.by) continue;
    if (asked.state !== undefined && promotion.state !== asked.state) continue;
    if (asked.for !== undefined && (isExpired(row, parts.now()) || !canApprove(promotion, asked.for))) continue;
    items.push(promotion);
    characters += charactersIn(row);
  }
  return { items, next_page_token: null };
}

function canApprove({ by, approvals }: Promotion, actor: string): boolean {
  return by !== actor && approvals.every((approval) => approval.by !== actor);
}

type Row = PromotionRow & { model: string };

/** Along the index of the model, of the state, or all; says when the time of a page is over. */
async function* newestFirst(
  read: Reader,
  { model_id, state }: { model_id: number | undefined; state: PromotionState | undefined },
  after: number | undefined,
  clock: Clock,
): AsyncGenerator<Row | 'late'> {
  for (let before = after; ; ) {
    let query = read.selectFrom('promotion as p');
    if (model_id !== undefined) query = query.where('p.model_id', '=', model_id);
    else if (state !== undefined) query = query.where('p.state', '=', state);
    if (before !== undefined) query = query.where('p.id', '<', before);
    const rows: Row[] = await query
      .selectAll('p')
      .select(MODEL_OF_P)
      .orderBy('p.id', 'desc')
      .limit(ROWS_TOGETHER)
      .execute();
    yield* rows;
    if (rows.length < ROWS_TOGETHER) return;
    before = rows.at(-1)?.id;
    if (clock.isOver()) yield 'late';
    await clock.rest();
  }
}
