import type { Reader, Writer } from '../db/database.ts';
import type { ModelRow } from './models/repository.ts';
import type { VersionRow } from './versions/repository.ts';

/** What a change is about and all that it may write of, where that is known before: a model, and its versions. */
export interface About {
  model: string;
  /** The version that it reads. */
  ref?: string;
}

/** What was read of a change's model before its turn came. */
export interface Ahead {
  model: ModelRow;
  row: VersionRow | undefined;
}

/** Of each transaction, what was read ahead for the change whose turn it is. */
const lying = new WeakMap<object, Ahead>();

/** Runs the body of a change for which this was read ahead. */
export async function withAhead<T>(tx: Writer, ahead: Ahead | undefined, body: () => Promise<T>): Promise<T> {
  if (!ahead) return body();
  lying.set(tx, ahead);
  try {
    return await body();
  } finally {
    lying.delete(tx);
  }
}

/** What was read ahead of the live model of this name. It is given once: what the change reads later it may have written. */
export function takeAhead(reader: Reader, name: string): Ahead | undefined {
  const ahead = lying.get(reader);
  if (ahead?.model.name !== name) return undefined;
  lying.delete(reader);
  return ahead;
}
