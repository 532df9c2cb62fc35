import { expect, it } from 'vitest';
import type { Answer } from './answers.ts';
import { problemOf } from './judge.ts';

const id = { 'x-request-id': '01', 'x-content-type-options': 'nosniff' };
const problem = { type: '/problems/overloaded', title: 'Too much', detail: 'Too much at once.', request_id: '01' };
const answer = (status: number, body: string, changed: Partial<Answer> = {}): Answer => ({
  status,
  headers: { ...id, 'content-type': status < 400 ? 'application/json' : 'application/problem+json' },
  body: Buffer.from(body),
  whole: true,
  ...changed,
});
const refused = (status: number, changed: object = {}) =>
  answer(status, JSON.stringify({ ...problem, status, ...changed }));

it.each([
  ['a document', answer(200, '{}')],
  ['a whole problem', refused(404)],
])('R1 O3 %s is a good answer', (_what, good) => {
  expect(problemOf(good, false, true)).toBeUndefined();
});

it.each([
  ['a 500', refused(500), 'is a 5xx'],
  [
    'a 503, though it says when to come again',
    answer(503, '{}', { headers: { ...id, 'retry-after': '1' } }),
    'is a 5xx',
  ],
  ['an answer that breaks off', answer(200, '{', { whole: false }), 'ends in its body'],
  ['a problem that names a file', refused(404, { detail: 'at open (local.ts:7)' }), 'tells of the inside'],
  ['a refusal that is no problem', answer(404, 'no', { headers: id }), 'is not told as a problem'],
  ['a problem of another status', refused(404, { status: 400 }), 'says another status'],
  ['a problem without words', refused(404, { detail: ' ' }), 'has no detail'],
  ['a problem of another request', refused(404, { request_id: '02' }), 'has another request_id'],
  ['an answer whose type is to be guessed', answer(200, '{}', { headers: {} }), 'lacks x-content-type-options'],
])('R1 O3 %s is a bad one', (_what, bad, told) => {
  expect(problemOf(bad, false, true)).toContain(told);
});
