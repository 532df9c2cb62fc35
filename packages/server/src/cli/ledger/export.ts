import { createWriteStream } from 'node:fs';
import { rename, rm } from 'node:fs/promises';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { formatSize } from '../../config/sizes.ts';
import { parseCount } from '../names.ts';
import { kindOf } from '../pull/destination.ts';
import { connect, type ServerOptions } from '../server/connect.ts';
import type { Output } from '../terminal/output.ts';
import { exported } from './stream.ts';

interface Options extends ServerOptions {
  output?: string;
  from?: string;
  to?: string;
}

/** The bytes as they are: each line without its newline is a leaf. */
export async function exportLedger(out: Output, { output, from, to, ...options }: Options): Promise<void> {
  const query = { ...(from && { from: parseCount(from) }), ...(to && { to: parseCount(to, 0) }) };
  const source = Readable.from(exported(connect(options), query));
  if (output === undefined) {
    await pipeline(source, process.stdout, { end: false });
    return;
  }
  // What is no file, such as /dev/null or a pipe, is written to as it stands: a file must not take its place.
  const isPlain = ['file', 'nothing'].includes(await kindOf(output));
  const part = isPlain ? `${output}.part` : output;
  let bytes = 0;
  source.on('data', (chunk: Uint8Array) => {
    bytes += chunk.length;
  });
  try {
    await pipeline(source, createWriteStream(part));
    if (isPlain) await rename(part, output);
  } catch (error) {
    if (isPlain) await rm(part, { force: true });
    throw error;
  }
  out.document({ file: output, bytes });
  out.lines(`${output}: ${formatSize(bytes)}`);
}
