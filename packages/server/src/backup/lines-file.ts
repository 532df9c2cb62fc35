import { createHash } from 'node:crypto';
import { createReadStream, createWriteStream } from 'node:fs';
import { open } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { Transform } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { createGunzip, createGzip } from 'node:zlib';
import { linesOf } from '../events/lines.ts';
import type { LinesFile } from './manifest.ts';
import { BackupRefused } from './refused.ts';

const CHUNK = 256 * 1024;

/** Writes lines into a new compressed file, durably, and answers how it is to be recognised. */
export async function writeLines(
  file: string,
  lines: AsyncIterable<string>,
  onBytes: (count: number) => void = () => {},
): Promise<LinesFile> {
  const hash = createHash('sha256');
  const told = { name: basename(file), rows: 0, bytes: 0 };
  async function* chunks() {
    let waiting = '';
    for await (const line of lines) {
      waiting += `${line}\n`;
      told.rows += 1;
      if (waiting.length < CHUNK) continue;
      onBytes(waiting.length);
      yield Buffer.from(waiting);
      waiting = '';
    }
    onBytes(waiting.length);
    yield Buffer.from(waiting);
  }
  const counted = tap((chunk) => {
    hash.update(chunk);
    told.bytes += chunk.length;
  });
  // The fastest level: rows shrink to a tenth by it, and to little less by the others.
  await pipeline(chunks, createGzip({ level: 1 }), counted, createWriteStream(file, { flags: 'wx', mode: 0o600 }));
  const handle = await open(file, 'r+');
  await handle.sync().finally(() => handle.close());
  return { ...told, sha256: hash.digest('hex') };
}

/**
 * What the lines of such a file say. Refuses at its end where it is not the file that was written, and before where
 * `parse` throws a SyntaxError.
 */
export async function* readLines<T>(
  folder: string,
  expected: LinesFile,
  parse: (line: string) => T,
  onBytes: (count: number) => void = () => {},
): AsyncGenerator<T> {
  const hash = createHash('sha256');
  const gunzip = createGunzip({ chunkSize: CHUNK });
  const counted = tap((chunk) => {
    hash.update(chunk);
    onBytes(chunk.length);
  });
  const reading = pipeline(createReadStream(join(folder, expected.name), { highWaterMark: CHUNK }), counted, gunzip);
  reading.catch(() => {}); // met below: what ends it ends the lines as well
  let rows = 0;
  try {
    for await (const line of linesOf(gunzip)) {
      rows += 1;
      yield parse(line.toString());
    }
    await reading;
  } catch (cause) {
    throw isDamage(cause) ? damaged(expected.name, cause) : cause;
  }
  if (rows !== expected.rows || hash.digest('hex') !== expected.sha256) throw damaged(expected.name);
}

function tap(look: (chunk: Buffer) => void): Transform {
  return new Transform({
    transform(chunk: Buffer, _, done) {
      look(chunk);
      done(null, chunk);
    },
  });
}

function isDamage(error: unknown): boolean {
  if (error instanceof SyntaxError) return true;
  return error instanceof Error && 'code' in error && /^(Z_|ENOENT$|EIO$)/.test(String(error.code));
}

function damaged(name: string, cause?: unknown): BackupRefused {
  return new BackupRefused(`the file ${name} of the backup is damaged or missing: use another backup`, { cause });
}
