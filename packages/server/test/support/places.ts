import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Point } from '../../src/backup/folder.ts';
import { type RestoreAsked, restoreBackup } from '../../src/backup/restore.ts';
import { openLocalStore } from '../../src/blobs/local.ts';
import { migrate } from '../../src/db/migrate.ts';
import { openDatabase } from '../../src/db/open.ts';
import { postgresDatabase } from './databases.ts';
import { type Opened, openRegistry } from './open-registry.ts';

/** Where an installation may be, and nothing is yet. */
export interface Place {
  /** The data folder, and the arguments by which the command line comes to use this place. */
  data: string;
  args: string[];
  url: string;
  blobFolder: string;
  open(): Promise<Opened>;
  remove(): Promise<void>;
}

async function newPlace(database?: { url: string; drop(): Promise<void> }): Promise<Place> {
  const data = await mkdtemp(join(tmpdir(), 'assayer-place-'));
  const blobFolder = join(data, 'blobs');
  const url = database?.url ?? `sqlite:${join(data, 'assayer.db')}`;
  const open = async () => {
    const db = await openDatabase(url, { connections: 4 });
    await migrate(db);
    return db;
  };
  return {
    data,
    args: ['--data', data, '--database', url],
    url,
    blobFolder,
    open: () => openRegistry(open, { blobFolder }),
    async remove() {
      await database?.drop();
      await rm(data, { recursive: true });
    },
  };
}

export const places = {
  sqlite: () => newPlace(),
  postgres: async () => newPlace(await postgresDatabase()),
};

/** Restores a backup into a place, as `assayer restore-backup` does. */
export async function restoreTo(place: Place, folder: string, point: Point, asked: RestoreAsked = {}): Promise<void> {
  const { url, blobFolder } = place;
  const blobs = await openLocalStore(blobFolder, { shared: true });
  try {
    await restoreBackup({ url, blobs, blobFolder }, folder, point, asked);
  } finally {
    await blobs.close();
  }
}
