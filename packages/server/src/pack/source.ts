import type { Reader } from '../db/database.ts';
import type { Ledger } from '../events/ledger.ts';

/** What a pack is made from. */
export interface PackSource {
  readonly read: Reader;
  readonly ledger: Ledger;
}
