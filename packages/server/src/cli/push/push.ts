import { inParallel } from '../../blobs/parallel.ts';
import { digestOf, manifestOf } from '../../contract/manifest.ts';
import type { Version } from '../../contract/version.ts';
import { refused } from '../exit.ts';
import { hashFile } from '../hash-file.ts';
import { actorHeader } from '../server/actor-header.ts';
import { answerOf } from '../server/answer.ts';
import type { Connection } from '../server/connect.ts';
import { openCarrier } from '../server/transfer.ts';
import type { Progress } from '../terminal/progress.ts';
import { type HashedFile, upload } from './upload.ts';
import type { LocalFile } from './walk.ts';

const PARALLEL = 4;

export interface Pushed {
  version: Version;
  files: number;
  bytes: number;
  sent_files: number;
  sent_bytes: number;
}

export interface PushParts {
  connection: Connection;
  progress: Progress;
  signal: AbortSignal;
  seal: boolean;
  onRetry(why: string): void;
}

/** Hashes files one after the other, with the disk in mind. */
export async function hashAll(files: readonly LocalFile[], { progress, signal }: PushParts): Promise<HashedFile[]> {
  progress.start('Hashing', totalOf(files), files.length);
  const hashed: HashedFile[] = [];
  for (const file of files) {
    const { sha256, size } = await hashFile(file.file, progress.add, signal);
    hashed.push({ ...file, sha256, size });
    progress.file();
  }
  progress.end();
  return hashed;
}

/** Sends files into an open version, and seals it. `digest` is what the version's must be then, computed here. */
export async function pushFiles(
  parts: PushParts,
  open: Version,
  files: readonly HashedFile[],
): Promise<{ pushed: Pushed; digest: string }> {
  const { connection, seal } = parts;
  const { model, number } = open;
  const params = { path: { name: model, ref: String(number) } };
  const there = await readManifest(connection, model, number);
  const wanted = files.filter((file) => there.get(file.path)?.sha256 !== file.sha256);
  const sent = await sendAll(parts, open, wanted);
  const version = seal
    ? await answerOf(connection.client.POST('/api/v1/models/{name}/versions/{ref}/seal', { params }))
    : await answerOf(connection.client.GET('/api/v1/models/{name}/versions/{ref}', { params }));
  for (const { path, sha256, size } of files) there.set(path, { path, sha256, size_bytes: size });
  const digest = digestOf(manifestOf([...there.values()]));
  return { pushed: { version: version as Version, files: files.length, bytes: totalOf(files), ...sent }, digest };
}

async function sendAll(parts: PushParts, { model, number }: Version, files: readonly HashedFile[]) {
  const { connection, progress, signal, onRetry } = parts;
  const { server, actor } = connection;
  const carrier = openCarrier(server, PARALLEL, actorHeader(actor));
  const target = { carrier, server, model, number, signal, onBytes: progress.add, onRetry };
  const underWay = new Map<string, Promise<unknown>>();
  const tally = { sent_files: 0, sent_bytes: 0 };
  progress.start('Sending', totalOf(files), files.length);
  try {
    await inParallel(PARALLEL, files, async (file) => {
      signal.throwIfAborted();
      // The same bytes under two names: the second waits, and need not be sent.
      const twin = underWay.get(file.sha256);
      const mine = Promise.resolve(twin)
        .catch(() => {})
        .then(() => upload(target, file));
      underWay.set(file.sha256, mine);
      const { sent } = await mine;
      if (sent) {
        tally.sent_files += 1;
        tally.sent_bytes += file.size;
      }
      progress.file();
    });
  } finally {
    progress.end();
    carrier.close();
  }
  return tally;
}

type Entry = { path: string; sha256: string; size_bytes: number };

async function readManifest({ client }: Connection, name: string, number: number): Promise<Map<string, Entry>> {
  const params = { path: { name, ref: String(number) } };
  const text = await answerOf(client.GET('/api/v1/models/{name}/versions/{ref}/manifest', { params, parseAs: 'text' }));
  const entries = JSON.parse(String(text)) as { path: string; sha256: string; size: number }[];
  return new Map(entries.map(({ path, sha256, size }) => [path, { path, sha256, size_bytes: size }]));
}

/** An open version has no digest yet. */
export function assertDigest({ model, number, digest }: Version, expected: string): void {
  if (digest !== null && digest !== expected)
    throw refused(`The digest of ${model}/${number} is not that of the files that were pushed.`, [
      `here      ${expected}`,
      `at server ${digest}`,
    ]);
}

function totalOf(files: readonly LocalFile[]): number {
  return files.reduce((sum, { size }) => sum + size, 0);
}
