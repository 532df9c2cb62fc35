import { closeSync, openSync, rmSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import type { Haul } from './haul.ts';

const CHUNK = Buffer.alloc(1024 * 1024, 1);

/**
 * What it takes the system alone to be given a file of so many bytes, in this process: an upload takes that and more. Once
 * more right after it the memory is there which a virtual machine may have to be given first, at ten times what
 * the copying takes.
 */
export function writePlainFiles(folder: string, of: Pick<Haul, 'database' | 'versions'>, bytes: number): Haul[] {
  return (['a plain file', 'a plain file, again'] as const).map((haul) => {
    const name = join(folder, `plain-${process.pid}`);
    const [begun, started] = [process.cpuUsage(), performance.now()];
    const file = openSync(name, 'w');
    for (let left = bytes; left > 0; left -= CHUNK.length) writeSync(file, CHUNK, 0, Math.min(left, CHUNK.length));
    closeSync(file);
    const seconds = (performance.now() - started) / 1_000;
    const { user, system } = process.cpuUsage(begun);
    rmSync(name);
    return { haul, ...of, bytes, seconds, cpuSeconds: (user + system) / 1e6, errors: 0, troubles: [] };
  });
}
