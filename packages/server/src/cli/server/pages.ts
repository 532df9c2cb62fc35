import { answerOf } from './answer.ts';

interface Page<T> {
  items: T[];
  next_page_token: string | null;
}

type Call<T> = (page: { page_size: number; page_token?: string }) => Promise<{
  data?: Page<T>;
  error?: unknown;
  response: Response;
}>;

/** The items of all pages, or the first `limit`. */
async function* everyItem<T>(call: Call<T>, limit = Number.POSITIVE_INFINITY): AsyncGenerator<T> {
  let left = limit;
  for (let token: string | undefined; left > 0; ) {
    const page = await answerOf(call({ page_size: Math.min(1_000, left), ...(token && { page_token: token }) }));
    yield* page.items;
    left -= page.items.length;
    if (page.next_page_token === null) return;
    token = page.next_page_token;
  }
}

/** The first `limit` items, and whether there are more. */
export async function firstItems<T>(call: Call<T>, limit: number): Promise<{ items: T[]; more: boolean }> {
  const items: T[] = [];
  for await (const item of everyItem(call, limit + 1)) items.push(item);
  return { items: items.slice(0, limit), more: items.length > limit };
}
