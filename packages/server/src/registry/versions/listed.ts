import type { Version } from '../../contract/version.ts';
import { columnsOf } from '../columns.ts';
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

/** One that has a source: where its own files are need not be known. */
export type SourcedVersion = Omit<ListedVersion, 'model_id' | 'source'> & { source: string };

/** What a change answered, as a list would have it: nothing is read again. Undefined of one without a source. */
export function listedOf(version: Version): SourcedVersion | undefined {
  const { number, status, description, tags, lineage, source, aliases, created_at, updated_at } = version;
  if (source === null) return undefined;
  const listed = { number, status, description, tags, lineage, source, aliases, created_at, updated_at };
  return columnsOf(listed) as unknown as SourcedVersion;
}
