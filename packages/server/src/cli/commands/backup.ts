import { Command } from 'commander';
import type { Taken } from '../../backup/backup.ts';
import { formatSize } from '../../config/sizes.ts';
import { ownVersion } from '../../version.ts';
import { withConfig } from '../config-flags.ts';
import { EXIT } from '../exit.ts';
import { parseCount } from '../names.ts';
import { action, withExamples, withOutput } from '../run.ts';
import { orInterrupted } from '../signals.ts';
import { escapeLine } from '../terminal/escape.ts';
import { type Output, type OutputOptions, paint } from '../terminal/output.ts';
import { createProgress } from '../terminal/progress.ts';
import { type Installation, withInstallation } from '../upkeep/installation.ts';

interface Options extends OutputOptions {
  keep: string;
}

export function command(): Command {
  const backup = withOutput(withConfig(new Command('backup'), 'data', 'database', 'blobs'))
    .description(
      'Save the rows of one moment and the bytes that they name, beside a running server or without one. In a folder that ' +
        'has backups already, only new bytes are copied. The backup holds the key that signs the ledger: keep it from others.',
    )
    .argument('<folder>', 'where backups are kept; on another disk, best on another machine')
    .option('--keep <n>', 'how many backups stay in the folder', '7')
    .action(action((out, options: Options, folder: string) => run(out, options, folder)));
  return withExamples(
    backup,
    'assayer backup /mnt/backup/assayer',
    'assayer backup /mnt/backup/assayer --data /var/lib/assayer --keep 30 --json',
  );
}

async function run(out: Output, options: Options, folder: string): Promise<void> {
  const keep = parseCount(options.keep);
  const taken = await withInstallation(options, (installation) => take(out, installation, folder, keep));
  const { manifest, copied, unreadable } = taken;
  const problems = [
    ...manifest.problems.ledger,
    ...manifest.problems.blobs.map(({ sha256, detail }) => `sha256:${sha256}: ${detail}`),
  ];
  out.document({
    ok: problems.length + unreadable.length === 0,
    folder: taken.folder,
    backup: taken.name,
    taken_at: manifest.taken_at,
    ledger: manifest.ledger,
    rows: Object.fromEntries(manifest.tables.map(({ table, rows }) => [table, rows])),
    blobs: { count: manifest.blobs.rows, bytes: manifest.blobs.total_bytes, copied },
    problems,
    unreadable: unreadable.map(({ name, refusal }) => ({ backup: name, detail: refusal.message })),
  });
  const bytes = `${manifest.blobs.rows} blobs (${formatSize(manifest.blobs.total_bytes)}), ${copied.blobs} of them new`;
  out.lines(`${taken.name}: ${manifest.ledger.size} events, ${bytes}`);
  if (problems.length > 0) {
    out.lines(...problems.slice(0, 20).map((one) => paint('red', escapeLine(one))));
    out.note('The backup holds everything but what is named above. Run "assayer doctor" and "assayer scrub".');
    process.exitCode = EXIT.refused;
  }
  if (unreadable.length > 0) {
    const told = unreadable.slice(0, 20).map(({ name, refusal }) => `${name}: ${refusal.message}`);
    out.lines(...told.map((one) => paint('red', escapeLine(one))));
    out.note('This backup is taken; what is named above cannot be restored. No bytes are removed until it is gone.');
    process.exitCode = EXIT.refused;
  }
}

async function take(
  out: Output,
  { db, blobs: blobFolder }: Installation,
  folder: string,
  keep: number,
): Promise<Taken> {
  const { openLocalStore } = await import('../../blobs/local.ts');
  const { backUp } = await import('../../backup/backup.ts');
  const blobs = await openLocalStore(blobFolder, { shared: true });
  const progress = createProgress(out);
  try {
    const parts = { db, blobs, now: Date.now, version: ownVersion() };
    return await orInterrupted(
      (signal) => backUp(parts, folder, { keep, signal, progress }),
      ['What was copied is used by the next backup; this one is none.'],
    );
  } finally {
    progress.end();
    await blobs.close();
  }
}
