import { expect } from 'vitest';
import type { Answer } from './open-registry.ts';

/** Asserts that an answer is a whole problem (RFC 9457) of this kind, and returns it. */
export function expectProblem(answer: Answer, status: number, kind: string): Record<string, unknown> {
  const told = answer.json ?? {};
  expect({ status: answer.status, type: told.type, detail: told.detail }).toEqual({
    status,
    type: `/problems/${kind}`,
    detail: expect.stringMatching(/^\S.*[.…]$/s),
  });
  expect(String(answer.headers['content-type'])).toMatch(/^application\/problem\+json/);
  expect(told.status).toBe(status);
  expect(told.title).toMatch(/\S/);
  expect(told.request_id).toBe(answer.headers['x-request-id']);
  if (status === 503 || status === 429) expect(answer.headers['retry-after']).toBeDefined();
  return told;
}

/** Pages through a list, and returns all items in order. */
export async function walk<T>(
  get: (path: string) => Promise<Answer>,
  path: string,
  pageSize: number,
  between?: (page: number) => Promise<unknown>,
): Promise<T[]> {
  const items: T[] = [];
  let token: string | null = null;
  for (let page = 0; page < 10_000; page += 1) {
    const join = path.includes('?') ? '&' : '?';
    const next: string = token === null ? '' : `&page_token=${encodeURIComponent(token)}`;
    const answer = await get(`${path}${join}page_size=${pageSize}${next}`);
    expect(answer.status, answer.text).toBe(200);
    items.push(...answer.json.items);
    token = answer.json.next_page_token;
    if (token === null) return items;
    expect(answer.json.items.length).toBe(pageSize);
    await between?.(page);
  }
  throw new Error('the walk does not end');
}
