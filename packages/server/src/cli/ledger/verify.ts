import { createReadStream } from 'node:fs';
import { verifyCheckpoint } from '../../events/checkpoint.ts';
import { linesOf } from '../../events/lines.ts';
import { verifyLedger } from '../../events/verify.ts';
import { refused } from '../exit.ts';
import { answerOf } from '../server/answer.ts';
import { type Connection, connect, type ServerOptions } from '../server/connect.ts';
import type { Output } from '../terminal/output.ts';
import { assertFile, assertKey, readNote } from './given.ts';
import { fileOf, recall, remember } from './memory.ts';
import { tellReport } from './report.ts';
import { exported } from './stream.ts';

const CARRIAGE_RETURN = 13;

export interface VerifyOptions extends ServerOptions {
  file?: string;
  checkpoint?: string[];
  key?: string;
}

export async function verify(out: Output, options: VerifyOptions): Promise<void> {
  const key = options.key?.trim();
  if (key !== undefined) assertKey(key);
  const given = await Promise.all((options.checkpoint ?? []).map(readNote));
  if (options.file !== undefined) await verifyFile(out, options.file, given, key);
  else await verifyServer(out, connect(options), given, key);
}

/** Offline: an export, and what is held against it. */
async function verifyFile(out: Output, file: string, checkpoints: string[], key: string | undefined): Promise<void> {
  if (checkpoints.length > 0 && !key)
    out.note('Without --key the signatures of the checkpoints are not verified, only their roots compared.');
  if (file !== '-') await assertFile(file);
  const bytes: AsyncIterable<Uint8Array> = file === '-' ? process.stdin : createReadStream(file);
  const report = await verifyLedger(withoutCarriage(file, linesOf(bytes)), {
    checkpoints: [...new Set(checkpoints)],
    ...(key && { vkey: key }),
  });
  tellReport(out, report);
}

/** An export that was stored as text elsewhere: every line is another then, which need not be told of each. */
async function* withoutCarriage(file: string, lines: AsyncIterable<Buffer>): AsyncGenerator<Buffer> {
  let isFirst = true;
  for await (const line of lines) {
    if (isFirst && line.at(-1) === CARRIAGE_RETURN)
      throw refused(`The lines of ${file === '-' ? 'stdin' : file} end in CRLF, and those of an export in LF.`, [
        'A program changed them on the way. Export again, and keep the bytes as they are.',
      ]);
    isFirst = false;
    yield line;
  }
}

/** Online: the checkpoint of now, the one that was seen last, and the ones given. */
async function verifyServer(
  out: Output,
  connection: Connection,
  given: string[],
  key: string | undefined,
): Promise<void> {
  const { client, server } = connection;
  const served = String(await answerOf(client.GET('/api/v1/ledger/key', { parseAs: 'text' }))).trim();
  const seen = await recall(server);
  const vkey = key ?? seen?.vkey ?? served;
  if (vkey !== served) {
    const how = key ? [] : [`If that is as it should be, remove ${fileOf(server)} and verify again.`];
    const lines = [`expected ${vkey}`, `served   ${served}`, ...how];
    throw refused(
      "The server's ledger has another key than the one that was seen before: it is not the same ledger.",
      lines,
      {
        ok: false,
        expected_key: vkey,
        served_key: served,
      },
    );
  }
  const note = String(await answerOf(client.GET('/api/v1/ledger/checkpoint', { parseAs: 'text' })));
  const now = verifyCheckpoint(note, vkey);
  if (!now.ok)
    throw refused(`The server's checkpoint does not hold: ${now.detail}.`, [], { ok: false, checkpoint: note });
  const older = seen && seen.vkey === vkey ? [seen.checkpoint] : [];
  const lines = linesOf(exported(connection, { from: 1, to: now.size }));
  const report = await verifyLedger(lines, { checkpoints: [...new Set([...older, ...given, note])], vkey });
  if (report.ok) await remember({ server, vkey, checkpoint: note });
  if (!seen)
    out.note('This is the first time that this ledger was seen from here: its checkpoint is kept for the next.');
  tellReport(out, report);
}
