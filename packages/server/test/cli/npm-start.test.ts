import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFile } from 'node:fs/promises';
import { delimiter, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, it } from 'vitest';
import { makePlace } from './support.ts';

const ROOT = fileURLToPath(new URL('../../../..', import.meta.url));

// npm sends a signal to the shell that it started: the shell must have become the server.
it.each(['SIGTERM', 'SIGINT'] as const)('`npm start` has no shell between npm and the server: %s', async (signal) => {
  await using place = await makePlace();
  const { scripts } = JSON.parse(await readFile(join(ROOT, 'package.json'), 'utf8'));
  const env = {
    ...place.env,
    PATH: join(ROOT, 'node_modules', '.bin') + delimiter + place.env.PATH,
    ASSAYER_LIMITS__RESERVE_BYTES: '0',
  };
  // What npm adds to a script after `--` stands at its end.
  const line = `${scripts.start} --port 0 --data ${join(place.folder, 'data')} --quiet`;
  const shell = spawn('sh', ['-c', line], { cwd: ROOT, env, stdio: ['ignore', 'pipe', 'inherit'] });
  let told = '';
  for await (const text of shell.stdout.setEncoding('utf8').iterator({ destroyOnReturn: false })) {
    told += text;
    if (told.includes('Assayer is ready at')) break;
  }
  shell.stdout.resume();
  shell.kill(signal);
  expect(await once(shell, 'close')).toEqual([0, null]);
});
