import { Command } from 'commander';
import { formatSize } from '../../config/sizes.ts';
import type { Version } from '../../contract/version.ts';
import { Ended } from '../exit.ts';
import { parseVersion } from '../names.ts';
import { fetchManifest } from '../pull/manifest.ts';
import { type Pulled, type PullParts, pullFiles } from '../pull/pull.ts';
import { select } from '../pull/select.ts';
import { action, withExamples } from '../run.ts';
import { connect } from '../server/connect.ts';
import { type Common, withCommon } from '../server/options.ts';
import { interruptible } from '../signals.ts';
import { escapeLine } from '../terminal/escape.ts';
import type { Output } from '../terminal/output.ts';
import { createProgress } from '../terminal/progress.ts';

interface Options extends Common {
  path?: string[];
  force?: boolean;
}

export function command(): Command {
  const pull = withCommon(new Command('pull'))
    .description('Fetch the files of a version. Each is verified before it gets its name; an interrupted pull goes on.')
    .argument('<model/ref>', 'the version: churn/7, churn/latest, churn/@champion, churn/production')
    .argument('[folder]', 'where to; made if it is not there (default: MODEL-NUMBER)')
    .option('--path <path...>', 'only these files or folders of the version')
    .option('--force', 'replace files that hold something else')
    .action(action(run));
  return withExamples(
    pull,
    'assayer pull churn/@champion out/',
    'assayer pull churn/production out/ --path model.pkl',
    'assayer pull churn/7 --json | jq -r .version.digest',
  );
}

async function run(out: Output, options: Options, name: string, folder?: string): Promise<void> {
  const { model, ref } = parseVersion(name);
  const connection = connect(options);
  const { version, entries } = await fetchManifest(connection, model, ref);
  const wanted = select(entries, options.path);
  const into = folder ?? folderFor(model, version.number);
  if (version.state === 'open')
    out.note(`${model}/${version.number} is not sealed yet: it has no digest, and its files may change.`);
  await interruptible(async (signal) => {
    const progress = createProgress(out);
    const onRetry = (why: string) => out.note(`Trying again: ${why}.`);
    const parts: PullParts = { connection, progress, signal, force: options.force ?? false, onRetry };
    try {
      const pulled = await pullFiles(parts, version, { wanted, all: entries, folder: into });
      out.document({ version, ...pulled });
      tell(out, version, pulled, wanted.length === entries.length);
    } catch (error) {
      if (!signal.aborted) throw error;
      throw new Ended(130, 'Interrupted.', ['What arrived is kept. The same command goes on where this one ended.']);
    }
  });
}

/** A folder of the version's own, by the name that was asked for, without the characters that some file systems do not take. */
function folderFor(model: string, number: number): string {
  return `${model.replace(/[<>"|?*\\]/g, '_')}-${number}`;
}

function tell(out: Output, { model, number, digest }: Version, pulled: Pulled, isAll: boolean): void {
  const { folder, files, bytes, fetched_files, fetched_bytes } = pulled;
  const there = files - fetched_files;
  const kept = there > 0 ? `, ${there} ${there === 1 ? 'file was' : 'files were'} there already` : '';
  out.lines(
    escapeLine(
      `${model}/${number} is in ${folder}: ${files} ${files === 1 ? 'file' : 'files'}, ${formatSize(bytes)} (${formatSize(fetched_bytes)} fetched${kept})`,
    ),
  );
  if (digest) out.lines(isAll ? `digest   ${digest}, verified` : `verified against the manifest of ${digest}`);
}
