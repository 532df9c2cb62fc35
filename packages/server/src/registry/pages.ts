import { PageTokenError } from './search/errors.ts';
import { openToken, type Position, sealToken } from './search/page-token.ts';

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
