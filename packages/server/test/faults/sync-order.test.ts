import { spawn, spawnSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { startServer } from '../support/server-process.ts';
import { send, sha256Of } from './client.ts';

const mayTrace = process.platform === 'linux' && spawnSync('strace', ['-V']).status === 0;
const CALLS = 'fsync,fdatasync,rename,mkdir,pwrite64,write,writev,sendto';

it.skipIf(!mayTrace)(
  'D2 the kernel sees it in this order: bytes and folders synced, the row written and synced, the answer (needs strace)',
  async () => {
    const data = await mkdtemp(join(tmpdir(), 'assayer-order-'));
    const server = await startServer(['--data', data, '--reserve-bytes', '0']);
    try {
      await send(server.url, 'POST', '/models', { name: 'm' });
      await send(server.url, 'POST', '/models/m/versions', {});
      const bytes = randomBytes(100_000);
      const steps = await traced(server.pid, join(data, 'trace'), async () => {
        const { status } = await send(server.url, 'PUT', '/models/m/versions/1/artifacts/a', bytes);
        expect(status).toBe(201);
      });
      const blob = sha256Of(bytes);
      const prefix = `sha256/${blob.slice(0, 2)}`;
      const order = [
        /^ended fd?a?t?a?sync\(\d+<.*\/drafts\//,
        new RegExp(`^began rename\\(.*${blob}`),
        new RegExp(`^ended fsync\\(\\d+<.*${prefix}>`),
        /^began pwrite64\(\d+<.*assayer\.db-wal>/,
        /^ended f(data)?sync\(\d+<.*assayer\.db-wal>/,
        /^began (write|writev|sendto)\(.*HTTP\/1\.1 201/,
      ];
      const found = order.map((step) => steps.findIndex((line) => step.test(line)));
      expect(found, steps.join('\n')).not.toContain(-1);
      expect(found).toEqual([...found].sort((a, b) => a - b));
      const folderMade = steps.findIndex((line) => /^ended fsync\(\d+<[^>]*\/sha256>/.test(line));
      expect(folderMade).toBeGreaterThan(
        steps.findIndex((line) => new RegExp(`^ended mkdir\\(.*${prefix}`).test(line)),
      );
      expect(folderMade).toBeLessThan(found[3] as number);
    } finally {
      await server.kill();
      await rm(data, { recursive: true });
    }
  },
);

/** What the process asked of the kernel meanwhile: `began …` and `ended …` of each call, in order. */
async function traced(pid: number, file: string, act: () => Promise<void>): Promise<string[]> {
  const strace = spawn('strace', ['-f', '-y', '-s', '64', '-e', `trace=${CALLS}`, '-o', file, '-p', `${pid}`]);
  let said = '';
  await new Promise<void>((resolve, reject) => {
    strace.stderr.on('data', (chunk: Buffer) => {
      said += chunk;
      if (/attached/.test(said)) resolve();
    });
    strace.once('exit', () => reject(new Error(`strace: ${said}`)));
  });
  await act();
  strace.kill('SIGINT');
  await once(strace, 'exit');
  const open = new Map<string, string>();
  return (await readFile(file, 'utf8')).split('\n').flatMap((line) => {
    const [, thread = '', text = ''] = /^(\d+) +(.*)$/.exec(line) ?? [];
    if (/<\.\.\. \w+ resumed>/.test(text)) return [`ended ${open.get(thread)}`];
    const call = text.replace(/ <unfinished \.\.\.>$/, '');
    if (call === text) return [`began ${call}`, `ended ${call}`];
    open.set(thread, call);
    return [`began ${call}`];
  });
}
