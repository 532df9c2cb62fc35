import { Command } from 'commander';
import { formatDuration, formatSize, parseDuration } from '../../config/sizes.ts';
import { withConfig } from '../config-flags.ts';
import { misused } from '../exit.ts';
import { action, withExamples, withOutput } from '../run.ts';
import { orInterrupted } from '../signals.ts';
import type { Output, OutputOptions } from '../terminal/output.ts';
import { withInstallation } from '../upkeep/installation.ts';

interface Options extends OutputOptions {
  grace: string;
  dryRun?: boolean;
}

export function command(): Command {
  const sweep = withOutput(withConfig(new Command('sweep'), 'data', 'database', 'blobs'))
    .description(
      'Remove bytes that no version names: those of versions that were purged, artifacts that were deleted, uploads that ' +
        'came to nothing. The server does it once a day; this does it now, beside a server or without one.',
    )
    .option('--grace <time>', 'leave bytes that came in this time, such as 90min or 7d', '24h')
    .option('--dry-run', 'tell what would be removed, and change nothing')
    .action(action((out, options: Options) => run(out, options)));
  return withExamples(sweep, 'assayer sweep --dry-run', 'assayer sweep --data /var/lib/assayer --grace 1h');
}

async function run(out: Output, options: Options): Promise<void> {
  const dryRun = Boolean(options.dryRun);
  const graceMs = parseDuration(options.grace);
  if (graceMs === undefined)
    throw misused(`--grace "${options.grace}" is not a time: give one such as 90min, 24h or 7d.`);
  await withInstallation(options, async ({ db, blobs: folder }) => {
    const { openLocalStore } = await import('../../blobs/local.ts');
    const { sweep } = await import('../../registry/sweep.ts');
    const blobs = await openLocalStore(folder, { shared: true });
    let [count, bytes] = [0, 0];
    try {
      await orInterrupted(async (signal) => {
        for await (const blob of sweep({ db, blobs, now: Date.now }, { graceMs, dryRun, signal })) {
          count += 1;
          bytes += blob.size;
          out.item({ ...blob, kept_at: new Date(blob.kept_at).toISOString(), removed: !dryRun });
          out.lines(`sha256:${blob.sha256}  ${formatSize(blob.size)}`);
        }
        signal.throwIfAborted();
      });
    } finally {
      await blobs.close();
    }
    const what = `${count} ${count === 1 ? 'blob' : 'blobs'} (${formatSize(bytes)})`;
    out.note(
      `${what} that no version names, older than ${formatDuration(graceMs)}: ${dryRun ? 'nothing was changed' : 'removed'}.`,
    );
  });
}
