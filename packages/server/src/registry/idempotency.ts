import type { Work } from './batch.ts';
import { Refused } from './refusals.ts';

/** The answer to a request with an idempotency key is kept this long. */
export const ANSWERS_KEPT_MS = 86_400_000;

/** The answer that was given to this idempotency key before. */
export async function earlierAnswer({ tx, caller, at }: Work): Promise<{ value: unknown } | undefined> {
  const { idempotency, actor } = caller;
  if (!idempotency) return undefined;
  const earlier = await tx
    .selectFrom('idempotency')
    .select(['fingerprint', 'answer'])
    .where('actor', '=', actor.name)
    .where('key', '=', idempotency.key)
    .where('at', '>', at - ANSWERS_KEPT_MS)
    .executeTakeFirst();
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
  const answer = { fingerprint: idempotency.fingerprint, answer: JSON.stringify(value ?? null), at };
  await tx
    .insertInto('idempotency')
    .values({ actor: actor.name, key: idempotency.key, ...answer })
    .onConflict((conflict) => conflict.columns(['actor', 'key']).doUpdateSet(answer))
    .execute();
}
