import type { Selectable } from 'kysely';
import { prepareRead, prepareWrite } from '../db/prepared.ts';
import type { Tables } from '../db/tables.ts';
import type { Work } from './batch.ts';
import { Refused } from './refusals.ts';

/** The answer to a request with an idempotency key is kept this long. */
export const ANSWERS_KEPT_MS = 86_400_000;

/** The answer that was given to this idempotency key before. */
export async function earlierAnswer({ tx, caller, at }: Work): Promise<{ value: unknown } | undefined> {
  const { idempotency, actor } = caller;
  if (!idempotency) return undefined;
  const [earlier] = await answerOf(tx, { actor: actor.name, key: idempotency.key, since: at - ANSWERS_KEPT_MS });
  if (!earlier) return undefined;
  if (earlier.fingerprint === idempotency.fingerprint) return { value: JSON.parse(earlier.answer) };
  throw new Refused(
    'idempotency-key-reused',
    'This Idempotency-Key was used with another request. Use a new key for a new request.',
    { key: idempotency.key },
  );
}

/** Keeps the first answer beside the change, in the same transaction. */
export async function keepAnswer({ tx, caller, at }: Work, value: unknown): Promise<void> {
  const { idempotency, actor } = caller;
  if (!idempotency) return;
  const { key, fingerprint } = idempotency;
  await keep.send(tx, { actor: actor.name, key, fingerprint, answer: JSON.stringify(value ?? null), at });
}

const answerOf = prepareRead<{ actor: string; key: string; since: number }, { fingerprint: string; answer: string }>(
  (db, param) =>
    db
      .selectFrom('idempotency')
      .select(['fingerprint', 'answer'])
      .where('actor', '=', param('actor'))
      .where('key', '=', param('key'))
      .where('at', '>', param('since')),
);

const keep = prepareWrite<Selectable<Tables['idempotency']> & Record<string, unknown>, never>((db, param) => {
  const answer = { fingerprint: param('fingerprint'), answer: param('answer'), at: param('at') };
  return db
    .insertInto('idempotency')
    .values({ actor: param('actor'), key: param('key'), ...answer })
    .onConflict((conflict) => conflict.columns(['actor', 'key']).doUpdateSet(answer)) as never;
});
