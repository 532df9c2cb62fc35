import { createHash } from 'node:crypto';
import { type FileHandle, open, rename, rm } from 'node:fs/promises';
import { dirname, join, resolve } from 'node:path';
import { formatSize } from '../../config/sizes.ts';
import { misused, refused } from '../exit.ts';
import { parseVersion } from '../names.ts';
import { kindOf } from '../pull/destination.ts';
import { actorHeader } from '../server/actor-header.ts';
import { answerOf, endOf } from '../server/answer.ts';
import { type Connection, connect } from '../server/connect.ts';
import type { Common } from '../server/options.ts';
import { ConnectionLost, LONG, withRetries } from '../server/retry.ts';
import { openCarrier, readAnswer, versionUrl } from '../server/transfer.ts';
import { orInterrupted } from '../signals.ts';
import { escapeLine } from '../terminal/escape.ts';
import type { Output } from '../terminal/output.ts';
import { createProgress } from '../terminal/progress.ts';
import { verifyFile } from './verify.ts';

export interface FetchOptions {
  output?: string;
  force?: boolean;
}

/** Fetches a pack beside the place where it is to be, verifies it, and gives it its name. */
export async function fetchPack(out: Output, options: Common & FetchOptions, name: string): Promise<void> {
  const { model, ref } = parseVersion(name);
  const { output, force = false } = options;
  if (output !== undefined) await assertFree(output, force);
  const connection = connect(options);
  const key = String(await answerOf(connection.client.GET('/api/v1/ledger/key', { parseAs: 'text' }))).trim();
  const part = join(dirname(resolve(output ?? 'pack.zip')), `.assayer-evidence-${process.pid}.part`);
  const handle = await open(part, 'wx', 0o644).catch((error: NodeJS.ErrnoException) => {
    throw error.code === 'ENOENT' ? misused(`There is no folder ${dirname(part)}.`) : error;
  });
  try {
    const url = `${versionUrl(connection.server, model, ref)}/evidence.zip`;
    const fetched = await orInterrupted((signal) => download(out, connection, url, handle, signal)).finally(() =>
      handle.close(),
    );
    const report = await verifyFile(part, { key });
    const { of } = report;
    if (!report.ok || !of) {
      const failed = report.checks.filter(({ outcome }) => outcome === 'failed');
      const lines = failed.map(({ check, detail }) => `✗ ${check}: ${detail}`);
      throw refused('The pack that came does not hold, and was not kept.', lines, report);
    }
    const file = output ?? `${of.model.replace(/[<>"|?*\\/]/g, '_')}-${of.number}-evidence.zip`;
    await assertFree(file, force);
    await rename(part, file);
    out.document({ file, ...fetched, of, ledger: report.ledger, key });
    out.lines(
      escapeLine(`The evidence of ${of.model}/${of.number} is in ${file}: ${formatSize(fetched.size)}, verified.`),
      escapeLine(`digest   ${of.digest}`),
      escapeLine(`key      ${key}`),
    );
    out.note('Keep the key elsewhere: with it anyone can verify the pack, "assayer evidence verify FILE --key KEY".');
  } finally {
    await rm(part, { force: true });
  }
}

async function assertFree(file: string, force: boolean): Promise<void> {
  const kind = await kindOf(file);
  if (kind === 'nothing' || (kind === 'file' && force)) return;
  if (kind === 'file') throw refused(`${file} is there already. Choose another name, or repeat with --force.`);
  throw misused(`${file} is no file. Choose another name.`);
}

async function download(
  out: Output,
  connection: Connection,
  url: string,
  handle: FileHandle,
  signal: AbortSignal,
): Promise<{ size: number; sha256: string }> {
  const carrier = openCarrier(connection.server, 1, actorHeader(connection.actor));
  const progress = createProgress(out);
  progress.start('Fetching', undefined, 1);
  let size = 0;
  let hash = createHash('sha256');
  try {
    const answer = await withRetries(
      LONG,
      async () => {
        progress.add(-size);
        await handle.truncate(0);
        size = 0;
        hash = createHash('sha256');
        const arrived = await carrier.send({ method: 'GET', url, signal });
        const { status, stream } = arrived;
        if (status !== 200)
          return { status, retryAfter: arrived.headers['retry-after'], body: await readAnswer(arrived) };
        try {
          for await (const chunk of stream as AsyncIterable<Buffer>) {
            await handle.write(chunk, 0, chunk.length, size);
            hash.update(chunk);
            size += chunk.length;
            progress.add(chunk.length);
          }
        } catch (error) {
          // What the connection throws; a full disk is no reason to try again.
          if (stream.errored === error && !signal.aborted) throw new ConnectionLost(error);
          throw error;
        }
        return { status, body: undefined };
      },
      (why) => out.note(`Trying again: ${why}.`),
    );
    if (answer.status !== 200) throw endOf(answer.status, answer.body);
    await handle.sync();
    return { size, sha256: hash.digest('hex') };
  } finally {
    progress.end();
    carrier.close();
  }
}
