import { isDeepStrictEqual } from 'node:util';
import type { Call } from '../calls/call.ts';
import { askJson } from './ask.ts';

/**
 * Reads again what was answered to writes, and tells what differs. What was changed since has a higher etag, and is
 * not compared; that nothing could be compared is a trouble too.
 */
export async function readBack(
  port: number,
  call: Call,
  samples: readonly string[],
): Promise<{ compared: number; wrong: string[] }> {
  const wrong: string[] = [];
  let compared = 0;
  if (!call.readBack) return { compared, wrong };
  for (const text of samples) {
    const { path, document } = call.readBack(JSON.parse(text) as never);
    const read = await askJson<{ etag: number }>(port, { method: 'GET', path });
    if (read.etag > document.etag) continue;
    compared += 1;
    if (!isDeepStrictEqual(read, document)) wrong.push(`${path} is not what was written: ${JSON.stringify(read)}`);
  }
  if (compared === 0) wrong.push('no sample of what was written could be compared');
  return { compared, wrong };
}
