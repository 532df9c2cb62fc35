import type { CompiledQuery } from 'kysely';
import type { Writer } from './database.ts';
import { execute } from './direct.ts';
import { BYTES_TOGETHER } from './together.ts';

/** What was sent in a transaction, and is not answered yet. */
interface UnderWay {
  answers: Promise<unknown>[];
  /** About how long it is: it is in memory until it is written. */
  length: number;
  /** Why the first of all failed; what follows it only says that the transaction is over. */
  failed?: unknown;
}

/** By the transaction's executor, which is its alone. */
const underWay = new WeakMap<object, UnderWay>();

/**
 * From now on writes of this transaction are sent, and not waited for: PostgreSQL makes them while the next are worked
 * out, and no write costs a round trip. That one failed shows late, so whoever asks for it waits for `allArrived` before
 * the commit, and can tell no longer whose it was. To SQLite it is nothing: that has made each when it is called.
 */
export function sendAhead(tx: Writer): void {
  underWay.set(tx.getExecutor(), { answers: [], length: 0 });
}

/** Makes a write of which nothing is to be known but that it was made. */
export async function send(tx: Writer, query: CompiledQuery): Promise<void> {
  const answer = execute(tx, query);
  if (!(answer instanceof Promise)) return;
  const way = underWay.get(tx.getExecutor());
  if (!way) return void (await answer);
  answer.catch((error: unknown) => {
    way.failed ??= error;
  });
  way.answers.push(answer);
  for (const value of query.parameters) way.length += lengthOf(value);
  if (way.length > BYTES_TOGETHER) await allArrived(tx);
}

function lengthOf(value: unknown): number {
  if (typeof value === 'string' || value instanceof Uint8Array) return value.length;
  return Array.isArray(value) ? value.reduce<number>((sum, one) => sum + lengthOf(one), 0) : 0;
}

/** Resolves once all that was sent is written; rejects where any of it was not. */
export async function allArrived(tx: Writer): Promise<void> {
  const way = underWay.get(tx.getExecutor());
  if (!way) return;
  way.length = 0;
  await Promise.all(way.answers.splice(0));
}

/** Why a write that was not waited for failed; undefined where none did. */
export function failureOf(tx: Writer): unknown {
  return underWay.get(tx.getExecutor())?.failed;
}
