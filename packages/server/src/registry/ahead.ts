import type { Reader, Writer } from '../db/database.ts';
import type { PolicyRow } from './lifecycle/policies.ts';
import type { ModelRow } from './models/repository.ts';
import type { VersionRow } from './versions/repository.ts';

/** What a change is about and all that it may write of, where that is known before: a model, and its versions. */
export interface About {
  model: string;
  /** The version that it reads. */
  ref?: string;
  /** Whether it reads the model at all: one that is only to be made is not there. */
  reads?: boolean;
  /** Whether it reads the policies that are in force. */
  ruled?: boolean;
}

/** What was read of a change's model before its turn came. */
export interface Ahead {
  model: ModelRow;
  row: VersionRow | undefined;
  /** Its own policy and the default one, where there are such; undefined where they were not asked for. */
  policies?: PolicyRow[] | undefined;
}

/** Of each transaction, what was read ahead for the change whose turn it is, and whether its model was given. */
const lying = new WeakMap<object, { ahead: Ahead; given: boolean }>();

/** Runs the body of a change for which this was read ahead. */
export async function withAhead<T>(tx: Writer, ahead: Ahead | undefined, body: () => Promise<T>): Promise<T> {
  if (!ahead) return body();
  lying.set(tx, { ahead, given: false });
  try {
    return await body();
  } finally {
    lying.delete(tx);
  }
}

/** What was read ahead of the live model of this name. It is given once: what the change reads later it may have written. */
export function takeAhead(reader: Reader, name: string): Ahead | undefined {
  const found = lying.get(reader);
  if (!found || found.given || found.ahead.model.name !== name) return undefined;
  found.given = true;
  return found.ahead;
}

/** The policies in force that were read ahead for a model. What is about a model writes none. */
export function policiesAhead(reader: Reader, model_id: number): PolicyRow[] | undefined {
  const ahead = lying.get(reader)?.ahead;
  return ahead?.model.id === model_id ? ahead.policies : undefined;
}
