import type { Database } from '../../db/database.ts';
import type { Ingest } from '../ingest.ts';
import type { UploadParts } from '../versions/upload.ts';

export interface FilesParts extends UploadParts {
  db: Database;
  ingest: Ingest;
  now(): number;
}

/** The files of runs and logged models: a tree of paths over the content store. They can be overwritten. */
export function createFiles(_parts: FilesParts) {
  return {};
}
