import { readFile, stat } from 'node:fs/promises';
import { parseCheckpoint, verifyCheckpoint } from '../../events/checkpoint.ts';
import { misused } from '../exit.ts';

/** That it is a key at all; whether it is the right one is for the checkpoints to show. */
export function assertKey(key: string): void {
  const tried = verifyCheckpoint('', key);
  if (!tried.ok && tried.kind === 'key')
    throw misused(
      `--key "${key}" is not a verifier key: it is one line, name+id+base64, as the server tells it at /api/v1/ledger/key.`,
    );
}

export async function readNote(file: string): Promise<string> {
  await assertFile(file);
  const note = await readFile(file, 'utf8');
  const parsed = parseCheckpoint(note);
  if (!parsed.ok) {
    const why = note.includes('\r')
      ? 'its lines end in CRLF, not LF'
      : parsed.detail.replace(/^not a checkpoint: /, '');
    throw misused(`${file} is not a checkpoint, as "assayer ledger checkpoint" prints it: ${why}.`);
  }
  return note;
}

export async function assertFile(file: string): Promise<void> {
  const found = await stat(file).catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT' || error.code === 'ENOTDIR') throw misused(`There is no file ${file}.`);
    throw error;
  });
  if (found.isDirectory()) throw misused(`${file} is a folder, not a file.`);
}
