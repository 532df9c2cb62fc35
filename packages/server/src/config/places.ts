import { join } from 'node:path';
import type { Config } from './schema.ts';

/** The database in use: what is configured, or `assayer.db` in the data folder. */
export function databaseOf(config: Pick<Config, 'data' | 'database'>): string {
  return config.database || `sqlite:${join(config.data, 'assayer.db')}`;
}

/** The blob store in use: what is configured, or `blobs` in the data folder. */
export function blobsOf(config: Pick<Config, 'data' | 'blobs'>): string {
  return config.blobs || `file:${join(config.data, 'blobs')}`;
}
