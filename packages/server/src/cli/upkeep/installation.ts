import { existsSync } from 'node:fs';
import { loadConfig } from '../../config/load.ts';
import { maskSecret } from '../../config/mask.ts';
import { blobFolder, databaseUrl } from '../../config/places.ts';
import type { Config } from '../../config/schema.ts';
import type { Database } from '../../db/database.ts';
import { asRefusal, configParts, orMisused } from '../config-flags.ts';
import { refused } from '../exit.ts';

/** An installation on this machine, beside a server that may be running. */
export interface Installation {
  config: Config;
  db: Database;
  blobs: string;
}

/** Runs `work` on the installation that the flags name. What is not there is not made. */
export async function withInstallation<T>(
  options: object,
  work: (installation: Installation) => Promise<T>,
): Promise<T> {
  const config = orMisused(() => loadConfig(configParts({ ...options })));
  const [url, blobs] = [databaseUrl(config), blobFolder(config)];
  const { openExisting } = await import('../doctor/database.ts');
  try {
    const db = await openExisting(url);
    if (!db)
      throw refused(`There is no database at ${maskSecret(url)}.`, ['Name the right one with --data or --database.']);
    try {
      await assertCurrent(db);
      if (!existsSync(blobs))
        throw refused(`There is no folder ${blobs}.`, ['Name the right one with --data or --blobs.']);
      return await work({ config, db, blobs });
    } finally {
      await db.close();
    }
  } catch (error) {
    throw asRefusal(error, url);
  }
}

async function assertCurrent(db: Database): Promise<void> {
  const { schemaOf } = await import('../../db/migrate.ts');
  const schema = await schemaOf(db);
  if (schema === 'empty') throw refused('The database is empty: no server was started on it yet.');
  if (schema === 'older') throw refused('The database has an older schema.', ['Run "assayer migrate" first.']);
  if (schema === 'newer') throw refused('The database was written by a newer Assayer.', ['Use that version.']);
}
