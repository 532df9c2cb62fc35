import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { setTimeout as sleep } from 'node:timers/promises';
import { expect, it } from 'vitest';

const LOG = JSON.stringify(new URL('./log.ts', import.meta.url).href);

/** A process that logs and lives on, whose lines nobody reads for a while; what is read of them by then. */
async function logging(script: string, unreadMs: number, until: RegExp): Promise<string> {
  const code = `import { openLog } from ${LOG}; const log = openLog('info'); ${script}; setTimeout(() => {}, 60_000);`;
  const child = spawn(process.execPath, ['--input-type=module', '-e', code], { stdio: ['ignore', 'ignore', 'pipe'] });
  try {
    await sleep(unreadMs);
    let read = '';
    child.stderr.on('data', (bytes) => {
      read += bytes;
    });
    while (!until.test(read) && child.exitCode === null) await once(child.stderr, 'data');
    return read;
  } finally {
    child.kill('SIGKILL');
  }
}

it('a line is written soon, also where nothing follows it', async () => {
  expect(await logging(`log.info('the only line')`, 0, /only/)).toContain('"msg":"the only line"');
});

it('the last line is written when who reads comes back', async () => {
  const script = `for (let i = 0; i < 3_000; i += 1) log.info({ i }, 'x'.repeat(50));
    setTimeout(() => log.info('the last line'), 200)`;
  const read = await logging(script, 1_000, /the last line/);
  expect(read.trim().split('\n')).toHaveLength(3_001);
});
