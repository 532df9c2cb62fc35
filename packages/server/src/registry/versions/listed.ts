import type { VersionRow } from './repository.ts';

/** The columns that a list shows of a version where it does not show all: no card, and nothing else that may be long. */
export const LISTED_VERSION = [
  'model_id',
  'number',
  'status',
  'description',
  'tags',
  'lineage',
  'source',
  'aliases',
  'created_at',
  'updated_at',
] as const;
export type ListedVersion = Pick<VersionRow, (typeof LISTED_VERSION)[number]>;
