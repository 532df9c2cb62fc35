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

/** Something was written, and there is no savepoint: the transaction has to run again, with one. */
export class CannotUndo extends Error {
  override name = 'CannotUndo';
}

/** One that costs nothing, and rolls back where nothing was written. `writes`: how many statements wrote until now. */
export function lightSavepoint(writes: () => number): Savepoint {
  let before = writes();
  return {
    async set() {
      before = writes();
    },
    async rollBack() {
      if (writes() > before) throw new CannotUndo('what was written cannot be undone alone');
    },
  };
}
