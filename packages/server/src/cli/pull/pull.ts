import type { Version } from '../../contract/version.ts';
import { actorHeader } from '../server/actor-header.ts';
import type { Connection } from '../server/connect.ts';
import { openCarrier } from '../server/transfer.ts';
import type { Progress } from '../terminal/progress.ts';
import { compare } from './compare.ts';
import { openDestination } from './destination.ts';
import { download } from './download.ts';
import type { Entry } from './manifest.ts';
import { assertRoom } from './room.ts';

const CONNECTIONS = 4;

export interface PullParts {
  connection: Connection;
  progress: Progress;
  signal: AbortSignal;
  force: boolean;
  onRetry(why: string): void;
}

export interface Pulled {
  folder: string;
  files: number;
  bytes: number;
  fetched_files: number;
  fetched_bytes: number;
}

/** Fetches what is not there yet. Every file is verified before it gets its name, or was verified where it lay. */
export async function pullFiles(
  parts: PullParts,
  version: Version,
  { wanted, all, folder }: { wanted: readonly Entry[]; all: readonly Entry[]; folder: string },
): Promise<Pulled> {
  const { connection, progress, signal, onRetry } = parts;
  const destination = await openDestination(folder);
  const missing = await compare(destination, wanted, parts);
  const bytes = sum(missing);
  await assertRoom(destination.root, bytes);
  const carrier = openCarrier(connection.server, CONNECTIONS, actorHeader(connection.actor));
  const { model, number } = version;
  const source = { carrier, server: connection.server, model, number, signal, onBytes: progress.add, onRetry };
  const paths = new Set(all.map(({ path }) => path));
  progress.start('Fetching', bytes, missing.length);
  try {
    await download({ source, destination, paths, onFile: progress.file }, missing);
  } finally {
    progress.end();
    carrier.close();
  }
  return {
    folder: destination.root,
    files: wanted.length,
    bytes: sum(wanted),
    fetched_files: missing.length,
    fetched_bytes: bytes,
  };
}

const sum = (entries: readonly Entry[]) => entries.reduce((total, { size }) => total + size, 0);
