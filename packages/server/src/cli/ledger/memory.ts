import { mkdir, readFile, rename, writeFile } from 'node:fs/promises';
import { homedir } from 'node:os';
import { isAbsolute, join } from 'node:path';

/** What was last seen of a server's ledger: it must still agree with it the next time. */
export interface Seen {
  server: string;
  vkey: string;
  checkpoint: string;
}

/** The user's state folder, as the XDG base directory specification has it. */
function folder(): string {
  const state = process.env.XDG_STATE_HOME;
  return join(state && isAbsolute(state) ? state : join(homedir(), '.local', 'state'), 'assayer', 'checkpoints');
}

/** Where it is kept. */
export function fileOf(server: string): string {
  return join(folder(), `${encodeURIComponent(server)}.json`);
}

export async function recall(server: string): Promise<Seen | undefined> {
  let text: string;
  try {
    text = await readFile(fileOf(server), 'utf8');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw error;
  }
  const seen = JSON.parse(text) as Seen;
  if (typeof seen.vkey !== 'string' || typeof seen.checkpoint !== 'string')
    throw new Error(`${fileOf(server)} is not what assayer wrote there`);
  return seen;
}

export async function remember(seen: Seen): Promise<void> {
  await mkdir(folder(), { recursive: true, mode: 0o700 });
  const file = fileOf(seen.server);
  const draft = `${file}.${process.pid}`;
  await writeFile(draft, `${JSON.stringify(seen, null, 2)}\n`, { mode: 0o600 });
  await rename(draft, file);
}
