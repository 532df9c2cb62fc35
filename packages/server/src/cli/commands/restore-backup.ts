import { Command } from 'commander';
import type { Point } from '../../backup/folder.ts';
import { loadConfig } from '../../config/load.ts';
import { maskSecret } from '../../config/mask.ts';
import { blobFolder, databaseUrl } from '../../config/places.ts';
import type { Config } from '../../config/schema.ts';
import { formatSize } from '../../config/sizes.ts';
import { asRefusal, configParts, orMisused, withConfig } from '../config-flags.ts';
import { refused } from '../exit.ts';
import { action, withExamples, withOutput } from '../run.ts';
import { orInterrupted } from '../signals.ts';
import type { Output, OutputOptions } from '../terminal/output.ts';
import { createProgress, type Progress } from '../terminal/progress.ts';

interface Options extends OutputOptions {
  point?: string;
  dryRun?: boolean;
  force?: boolean;
}

export function command(): Command {
  const restore = withOutput(withConfig(new Command('restore-backup'), 'data', 'database', 'blobs'))
    .description(
      'Restore a backup into an empty data folder or database, SQLite or PostgreSQL whichever it came from. Every byte is ' +
        'hashed and the ledger verified before there is anything that a server would open.',
    )
    .argument('<folder>', 'a folder that "assayer backup" wrote')
    .option('--point <name>', 'which of the backups in it (default: the latest)')
    .option('--dry-run', 'read and verify the backup, and restore nothing')
    .option('--force', 'also where the backup says of itself that something was damaged when it was taken')
    .action(action((out, options: Options, folder: string) => run(out, options, folder)));
  return withExamples(
    restore,
    'assayer restore-backup /mnt/backup/assayer --data /var/lib/assayer',
    'assayer restore-backup /mnt/backup/assayer --database postgres://assayer@db/assayer',
    'assayer restore-backup /mnt/backup/assayer --dry-run',
  );
}

async function run(out: Output, options: Options, folder: string): Promise<void> {
  const config = orMisused(() => loadConfig(configParts({ ...options })));
  const progress = createProgress(out);
  try {
    const { getPoint } = await import('../../backup/folder.ts');
    const point = await getPoint(folder, options.point);
    if (options.dryRun) await verify(folder, point, progress);
    else await restore(config, folder, point, options.force ?? false, progress);
    progress.end();
    tell(out, config, point, options.dryRun ?? false);
  } catch (error) {
    progress.end();
    throw asRefusal(error, databaseUrl(config));
  }
}

async function verify(folder: string, point: Point, progress: Progress): Promise<void> {
  const { verifyBackup } = await import('../../backup/verify.ts');
  const found = await orInterrupted((signal) => verifyBackup(folder, point, { signal, progress }));
  if (found.length === 0) return;
  progress.end();
  const count = `${found.length} ${found.length === 1 ? 'problem' : 'problems'}`;
  throw refused(`The backup ${point.name} does not hold: ${count}.`, found.slice(0, 100), {
    ok: false,
    backup: point.name,
    problems: found,
  });
}

async function restore(config: Config, folder: string, point: Point, force: boolean, progress: Progress) {
  const { openLocalStore } = await import('../../blobs/local.ts');
  const { restoreBackup } = await import('../../backup/restore.ts');
  const place = blobFolder(config);
  const blobs = await openLocalStore(place, { shared: true });
  try {
    const parts = { url: databaseUrl(config), blobs, blobFolder: place };
    await orInterrupted(
      (signal) => restoreBackup(parts, folder, point, { force, signal, progress }),
      ['Nothing was restored that a server would open. The same command goes on with the bytes that are there.'],
    );
  } finally {
    await blobs.close();
  }
}

function tell(out: Output, config: Config, { name, manifest }: Point, isDry: boolean): void {
  const { ledger, taken_at, blobs, problems } = manifest;
  const database = maskSecret(databaseUrl(config));
  out.document({
    ok: true,
    backup: name,
    taken_at,
    ledger,
    blobs: { count: blobs.rows, bytes: blobs.total_bytes, missing: problems.blobs.map(({ sha256 }) => sha256) },
    ...(!isDry && { database }),
  });
  const what = `${ledger.size} events, ${blobs.rows} blobs (${formatSize(blobs.total_bytes)})`;
  if (isDry) {
    out.lines(`The backup ${name} holds: ${what}.`);
    return;
  }
  out.lines(`Restored ${name} to ${database}: ${what}. The ledger holds.`);
  out.note(`What happened after ${taken_at} is not in it: whoever has a later checkpoint of the ledger will see that.`);
  out.note('Start the server with the same settings: assayer serve');
}
