import { Command } from 'commander';
import { formatSize, parseSize } from '../../config/sizes.ts';
import type { Exposed, Extra, Problem } from '../../registry/scrub.ts';
import { withConfig } from '../config-flags.ts';
import { EXIT, misused } from '../exit.ts';
import { action, withExamples, withOutput } from '../run.ts';
import { orInterrupted } from '../signals.ts';
import { escapeLine } from '../terminal/escape.ts';
import { type Output, type OutputOptions, paint } from '../terminal/output.ts';
import { createProgress } from '../terminal/progress.ts';
import { type Installation, withInstallation } from '../upkeep/installation.ts';
import { createPace } from '../upkeep/pace.ts';

interface Options extends OutputOptions {
  rate?: string;
  mendFrom?: string;
}

interface Report {
  ok: boolean;
  blobs: number;
  bytes: number;
  problems: (Problem & { mended: boolean })[];
  /** Blobs that other users of the machine may read. */
  exposed: { blobs: number; first: Exposed[] };
  /** Files that no artifact names: `assayer sweep` removes those whose names are digests. */
  extra: { files: number; bytes: number; first: Extra[] };
}

/** Of what is found, so much is in the report. */
const TOLD = 10_000;

export function command(): Command {
  const scrub = withOutput(withConfig(new Command('scrub'), 'data', 'database', 'blobs'))
    .description(
      'Hash every stored blob, and name the artifacts whose bytes are damaged or missing: ends with 1 where there are any. ' +
        'Works beside a running server.',
    )
    .option('--rate <size>', 'read at most so much in a second, such as 100MB')
    .option('--mend-from <folder>', 'put the bytes of a backup in place of damaged ones; without it nothing is changed')
    .action(action((out, options: Options) => run(out, options)));
  return withExamples(
    scrub,
    'assayer scrub',
    'assayer scrub --data /var/lib/assayer --rate 100MB --json',
    'assayer scrub --mend-from /mnt/backup/assayer',
  );
}

async function run(out: Output, options: Options): Promise<void> {
  const rate = options.rate === undefined ? Number.POSITIVE_INFINITY : parseSize(options.rate);
  if (!rate) throw misused(`--rate "${options.rate}" is not a size: give one such as 100MB.`);
  const report = await withInstallation(options, (installation) =>
    withMending(installation.blobs, options.mendFrom, (mend) => scrubAll(out, installation, rate, mend)),
  );
  const { blobs, bytes, problems, exposed, extra } = report;
  out.document(report);
  if (exposed.blobs > 0)
    out.note(
      `${exposed.blobs} ${exposed.blobs === 1 ? 'blob' : 'blobs'} may be read by other users of this machine, such as ` +
        `sha256:${exposed.first[0]?.sha256} (${exposed.first[0]?.mode}): "chmod -R go=" on the folder of blobs ends that, ` +
        'unless its file system knows no owners.',
    );
  if (extra.files > 0)
    out.note(`${extra.files} files (${formatSize(extra.bytes)}) that no version names: "assayer sweep" removes them.`);
  const told = `${blobs} ${blobs === 1 ? 'blob' : 'blobs'} (${formatSize(bytes)})`;
  const wrong = problems.filter(({ mended }) => !mended).length;
  const mended = problems.length - wrong;
  if (mended > 0) out.note(`${mended} mended from the backup.`);
  if (report.ok) return out.lines(paint('green', `${told}: all are what they should be.`));
  out.lines(paint('red', `${told}: ${wrong} ${wrong === 1 ? 'is' : 'are'} not what they should be.`));
  out.note('Until they are mended they are not served: name a backup with --mend-from.');
  process.exitCode = EXIT.refused;
}

type Mend = (problem: Problem) => Promise<boolean>;

/** Gives `work` what mends a blob, and says whether it did. */
async function withMending<T>(
  blobs: string,
  backups: string | undefined,
  work: (mend: Mend) => Promise<T>,
): Promise<T> {
  if (backups === undefined) return work(async () => false);
  const { openLocalStore } = await import('../../blobs/local.ts');
  const { mendBlob } = await import('../../backup/mend-blob.ts');
  const store = await openLocalStore(blobs, { shared: true });
  try {
    return await work((problem) => mendBlob(store, backups, problem));
  } finally {
    await store.close();
  }
}

async function scrubAll(out: Output, { db, blobs: folder }: Installation, rate: number, mend: Mend): Promise<Report> {
  const { scrub } = await import('../../registry/scrub.ts');
  const { countNamedBlobs } = await import('../../registry/named-blobs.ts');
  const progress = createProgress(out);
  const report: Report = {
    ok: true,
    blobs: 0,
    bytes: 0,
    problems: [],
    exposed: { blobs: 0, first: [] },
    extra: { files: 0, bytes: 0, first: [] },
  };
  const total = await countNamedBlobs(db.read);
  progress.start('Hashing', total.bytes, total.blobs);
  const pace = createPace(rate);
  await orInterrupted(async (signal) => {
    const scrubbing = {
      signal,
      onBytes(count: number) {
        report.bytes += count;
        progress.add(count);
        return pace(count, signal);
      },
      onBlob() {
        report.blobs += 1;
        progress.file();
      },
    };
    for await (const found of scrub({ read: db.read, folder }, scrubbing)) {
      if (found.kind === 'extra') {
        report.extra.files += 1;
        report.extra.bytes += found.size;
        if (report.extra.first.length < TOLD) report.extra.first.push(found);
        continue;
      }
      if (found.kind === 'exposed') {
        report.exposed.blobs += 1;
        if (report.exposed.first.length < TOLD) report.exposed.first.push(found);
        continue;
      }
      const mended = await mend(found);
      if (!mended) report.ok = false;
      if (report.problems.length < TOLD) report.problems.push({ ...found, mended });
      progress.end();
      const told = `sha256:${found.sha256} ${found.detail}: ${found.artifacts.join(', ')}`;
      out.lines(escapeLine(mended ? `${told}: mended` : told));
    }
    progress.end();
    signal.throwIfAborted();
  });
  return report;
}
