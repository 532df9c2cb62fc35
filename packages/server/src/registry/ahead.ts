import type { Reader, Writer } from '../db/database.ts';
import type { Reserved } from '../db/reserved-ids.ts';
import type { PolicyRow } from './lifecycle/policies.ts';
import type { NameUse } from './models/name-use.ts';
import type { ModelRow } from './models/repository.ts';
import type { VersionRow } from './versions/repository.ts';

/** What a change is about and all that it may write of, where that is known before: a model, and its versions. */
export interface About {
  /** Of the model. */
  name: string;
  /** The version that it reads. */
  ref?: string;
  /** The alias that it moves or takes away: the version that bears it is read. */
  alias?: string;
  /** Whether the model is only to be made: what is known of its name is read. */
  isNew?: boolean;
  /** Whether it reads the policies that are in force. */
  ruled?: boolean;
  /** Where it inserts a row: its id is reserved. */
  makes?: Reserved;
}

/** What was read for a change before its turn came. */
export interface Ahead {
  /** Of the model that it is about. */
  name: string;
  /** Of that model, where there is one. */
  id?: number | undefined;
  model?: ModelRow | undefined;
  row?: VersionRow | undefined;
  /** The version that bears the alias. */
  bearer?: VersionRow | undefined;
  /** What is known of the name, where a model is to be made. */
  use?: NameUse | undefined;
  /** Its own policy and the default one, where there are such; undefined where they were not asked for. */
  policies?: PolicyRow[] | undefined;
}

/** Of each transaction, what is left of what was read ahead for the change whose turn it is. */
const lying = new WeakMap<object, Ahead>();

/** Runs the body of a change for which this was read ahead. */
export async function withAhead<T>(tx: Writer, ahead: Ahead | undefined, body: () => Promise<T>): Promise<T> {
  if (!ahead) return body();
  lying.set(tx, { ...ahead });
  try {
    return await body();
  } finally {
    lying.delete(tx);
  }
}

/** Each is given once: what the change reads later it may have written. */
function take<K extends 'model' | 'bearer' | 'use'>(
  reader: Reader,
  what: K,
  isIt: (ahead: Ahead) => boolean,
): Ahead[K] | undefined {
  const ahead = lying.get(reader);
  if (!ahead || !isIt(ahead)) return undefined;
  const found = ahead[what];
  ahead[what] = undefined;
  return found;
}

/** The live model of this name, and the version that was asked for with it. */
export function takeModel(reader: Reader, name: string): { model: ModelRow; row: VersionRow | undefined } | undefined {
  const model = take(reader, 'model', (ahead) => ahead.name === name);
  return model && { model, row: lying.get(reader)?.row };
}

/** The version of this number, where it bears the alias. */
export function takeBearer(reader: Reader, model_id: number, number: number): VersionRow | undefined {
  return take(reader, 'bearer', ({ bearer }) => bearer?.model_id === model_id && bearer.number === number);
}

/** What is known of a name. */
export function takeUse(reader: Reader, name: string): NameUse | undefined {
  return take(reader, 'use', (ahead) => ahead.name === name);
}

/** The policies in force of a model. What is about a model writes none. */
export function policiesAhead(reader: Reader, model_id: number): PolicyRow[] | undefined {
  const ahead = lying.get(reader);
  return ahead?.id === model_id ? ahead.policies : undefined;
}
