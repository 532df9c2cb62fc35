import { MLFLOW_CALLS } from '../mlflow/calls/calls.ts';
import type { Call } from './call.ts';
import { LISTS } from './lists.ts';
import { READS } from './reads.ts';
import { WRITES } from './writes.ts';

/** In the order in which they are measured: what reads comes before what changes the installation. */
export const CALLS: readonly Call[] = [...READS, ...LISTS, ...WRITES];

/** A call of either API. */
export const callOf = (name: string): Call | undefined =>
  [...CALLS, ...MLFLOW_CALLS].find((call) => call.name === name);
