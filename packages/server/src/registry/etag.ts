import { refuse } from './refusals.ts';

/** What a client's `If-Match` asks for: any state, or one of these etags. */
export type IfMatch = '*' | readonly number[];

/** Refuses a write that was made against an older state. */
export function assertMatches(actual: number, ifMatch: IfMatch | undefined): void {
  if (ifMatch === undefined || ifMatch === '*' || ifMatch.includes(actual)) return;
  refuse(
    'stale-write',
    `It was changed in the meantime: its ETag is "${actual}". Read it again and repeat the change.`,
    {
      expected: ifMatch.map((etag) => (Number.isNaN(etag) ? 'another' : etag)).join(', '),
      actual,
    },
  );
}
