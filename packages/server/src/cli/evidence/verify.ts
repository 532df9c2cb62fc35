import { open, stat } from 'node:fs/promises';
import { fileSource } from '../../formats/byte-source.ts';
import type { Asked, PackReport } from '../../pack/verify/verify.ts';
import { misused, refused } from '../exit.ts';
import { assertFile, assertKey, readNote } from '../ledger/given.ts';
import { orInterrupted } from '../signals.ts';
import { escapeLine } from '../terminal/escape.ts';
import { type Output, type OutputOptions, paint } from '../terminal/output.ts';
import { createProgress } from '../terminal/progress.ts';

export interface VerifyOptions extends OutputOptions {
  key?: string;
  checkpoint?: string;
  artifacts?: string;
}

export async function verify(out: Output, options: VerifyOptions, file: string): Promise<void> {
  const key = options.key?.trim();
  if (key !== undefined) assertKey(key);
  const checkpoint = options.checkpoint === undefined ? undefined : await readNote(options.checkpoint);
  await assertFile(file);
  const folder = options.artifacts;
  if (folder !== undefined && !(await stat(folder).catch(() => undefined))?.isDirectory())
    throw misused(`${folder} is no folder: name the one that "assayer pull" made.`);
  const progress = createProgress(out);
  progress.start('Verifying', undefined, 1);
  const report = await orInterrupted((signal) =>
    verifyFile(file, {
      key,
      checkpoint,
      folder,
      onBytes(count) {
        signal.throwIfAborted();
        progress.add(count);
      },
    }),
  ).finally(() => progress.end());
  tell(out, file, report);
}

/** Verifies a pack where it lies. */
export async function verifyFile(file: string, asked: Asked): Promise<PackReport> {
  const { verifyPack } = await import('../../pack/verify/verify.ts');
  const handle = await open(file);
  try {
    return await verifyPack(fileSource(handle.fd, (await handle.stat()).size), asked);
  } finally {
    await handle.close();
  }
}

function tell(out: Output, file: string, report: PackReport): void {
  const { ok, of, ledger, checks, notes } = report;
  const failed = checks.filter(({ outcome }) => outcome === 'failed');
  if (!ok) {
    const count = `${failed.length} ${failed.length === 1 ? 'failure' : 'failures'}`;
    throw refused(`The pack ${file} does not hold: ${count}.`, [...failed.map(lineOf), ...notes], report);
  }
  out.document(report);
  out.lines(
    ...checks.map((one) => escapeLine(lineOf(one))),
    paint('green', escapeLine(`The pack holds: ${of?.model}/${of?.number}, ${of?.digest}.`)),
    escapeLine(`It is of event ${ledger?.size} of ${ledger?.origin}, ${ledger?.as_of}.`),
  );
  for (const one of notes) out.note(one);
}

function lineOf({ check, outcome, detail }: PackReport['checks'][number]): string {
  return `${outcome === 'passed' ? '✓' : '✗'} ${check}: ${detail}`;
}
