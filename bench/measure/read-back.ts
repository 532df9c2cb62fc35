import { isDeepStrictEqual } from 'node:util';
import type { Call, Ground } from '../calls/call.ts';
import type { Sample } from '../load/job.ts';
import { askJson } from './ask.ts';

/**
 * Reads again what was written, and tells what differs. What was changed since has a higher etag, and is not compared;
 * that nothing could be compared is a trouble too.
 */
export async function readBack(
  port: number,
  call: Call,
  ground: Ground,
  samples: readonly Sample[],
): Promise<{ compared: number; wrong: string[] }> {
  const wrong: string[] = [];
  let compared = 0;
  if (!call.readBack) return { compared, wrong };
  const last = new Map(
    samples.map(({ i, text }) => {
      const written = (call.readBack as NonNullable<Call['readBack']>)(JSON.parse(text) as never, ground, i);
      return [written.path, written];
    }),
  );
  for (const { path, document, part } of last.values()) {
    const read = await askJson<{ etag?: number }>(port, { method: 'GET', path });
    if ((read.etag ?? 0) > ((document as { etag?: number }).etag ?? 0)) continue;
    compared += 1;
    const found = part ? part(read as never) : read;
    if (!isDeepStrictEqual(found, document)) wrong.push(`${path} is not what was written: ${JSON.stringify(found)}`);
  }
  if (compared === 0) wrong.push('no sample of what was written could be compared');
  return { compared, wrong };
}
