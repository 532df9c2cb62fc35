import { CHANGES } from './changes.ts';
import { READS } from './reads.ts';
import type { MlflowCall } from './request.ts';
import { SEARCHES } from './searches.ts';
import { TRACKING } from './tracking.ts';

/** In the order in which they are measured: what reads comes before what changes what is read. */
export const MLFLOW_CALLS: readonly MlflowCall[] = [...READS, ...SEARCHES, ...CHANGES, ...TRACKING];
