import { isAbsolute, join, resolve } from 'node:path';
import type { Config } from './schema.ts';

/** The database in use, with an absolute path: what is configured, or `assayer.db` in the data folder. */
export function databaseUrl({ database, data }: Pick<Config, 'database' | 'data'>): string {
  if (database === '') return `sqlite:${join(resolve(data), 'assayer.db')}`;
  const file = /^sqlite:(.+)$/.exec(database)?.[1];
  return file === undefined || file === ':memory:' || isAbsolute(file) ? database : `sqlite:${resolve(file)}`;
}

/** The folder of the blobs: what is configured, or `blobs` in the data folder. */
export function blobFolder({ blobs, data }: Pick<Config, 'blobs' | 'data'>): string {
  return blobs === '' ? join(resolve(data), 'blobs') : resolve(blobs.replace(/^file:(\/\/)?/, ''));
}

/** The file of the database, where it is one. */
export function databaseFile(config: Pick<Config, 'database' | 'data'>): string | undefined {
  const file = /^sqlite:(.+)$/.exec(databaseUrl(config))?.[1];
  return file === ':memory:' ? undefined : file;
}
