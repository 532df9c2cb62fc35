import type { Status } from '../../contract/version.ts';

/** What the default policy leaves to the operator. */
export interface Policy {
  /** Statuses that one version of a model holds at a time; the earlier one is archived in the same transaction. */
  readonly single: readonly Status[];
}
