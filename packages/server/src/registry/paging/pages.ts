import { openToken, PageTokenError, type Position, sealToken } from './page-token.ts';

/** One page of a list in order of one or more plain values. */
export interface Page<T> {
  items: T[];
  next_page_token: string | null;
}

export interface PageAsked {
  page_size: number;
  page_token?: string | undefined;
}

/**
 * A keyset page: `fetch` gets where the last page ended and how many rows to read (one more than the page, to see
 * whether there is another); `place` says where a row stands. The token is bound to `scope`, which names the query.
 */
export async function pageOf<T>(
  tokenKey: Uint8Array,
  scope: string,
  asked: PageAsked,
  fetch: (after: (string | number)[] | undefined, most: number) => Promise<T[]>,
  place: (row: T) => (string | number)[],
): Promise<Page<T>> {
  const after = asked.page_token === undefined ? undefined : opened(tokenKey, scope, asked.page_token);
  const rows = await fetch(after as (string | number)[] | undefined, asked.page_size + 1);
  const items = rows.slice(0, asked.page_size);
  const last = items.at(-1);
  const more = rows.length > asked.page_size && last !== undefined;
  return { items, next_page_token: more ? sealToken(tokenKey, scope, place(last)) : null };
}

/** Where a page begins; refuses a token that was changed or belongs to another query. */
export function opened(tokenKey: Uint8Array, scope: string, token: string): Position {
  const position = openToken(tokenKey, scope, token);
  if (position === undefined) throw new PageTokenError();
  return position;
}

/** What a page holds at most, in characters: one that is full of long texts ends early, and the next one goes on. */
export const PAGE_CHARACTERS = 8 * 1024 * 1024;
const FIRST_RUN = 50;

/** Fetches a page in runs, each as long as what is left of the page may hold by the rows seen so far. */
export async function inRuns<T extends object>(
  asked: PageAsked,
  fetch: (asked: PageAsked) => Promise<Page<T>>,
): Promise<Page<T>> {
  const items: T[] = [];
  let characters = 0;
  let run: PageAsked = { ...asked, page_size: Math.min(asked.page_size, FIRST_RUN) };
  for (;;) {
    const { items: found, next_page_token } = await fetch(run);
    items.push(...found);
    for (const row of found) characters += charactersIn(row);
    const left = asked.page_size - items.length;
    // A run that ends early has taken its time.
    const isOver = left <= 0 || characters >= PAGE_CHARACTERS || found.length < run.page_size;
    if (next_page_token === null || isOver) return { items, next_page_token };
    const fits = Math.floor((PAGE_CHARACTERS - characters) / (characters / items.length));
    run = { page_size: Math.max(1, Math.min(left, fits)), page_token: next_page_token };
  }
}

export function charactersIn(row: object): number {
  let sum = 0;
  for (const value of Object.values(row)) if (typeof value === 'string') sum += value.length;
  return sum;
}
