import { CompiledQuery } from 'kysely';
import type { Savepoint, Writer } from './database.ts';

const SET = CompiledQuery.raw('savepoint one');
const ROLL_BACK = CompiledQuery.raw('rollback to savepoint one');

/** `move`: the statements that put a savepoint that is set to another place. */
export function savepointOf(tx: Writer, move: readonly CompiledQuery[]): Savepoint {
  let isSet = false;
  return {
    async set() {
      for (const statement of isSet ? move : [SET]) await tx.executeQuery(statement);
      isSet = true;
    },
    rollBack: async () => void (await tx.executeQuery(ROLL_BACK)),
  };
}
