// Runs an example in one command: against the server that is named, or one of its own that is gone afterwards.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const ROOT = fileURLToPath(new URL('..', import.meta.url));
const VENV = join(ROOT, '.venv', process.platform === 'win32' ? 'Scripts/python.exe' : 'bin/python');

const given = process.argv.slice(2);
const script = given[0]?.endsWith('.py') ? given.shift() : 'champion_challenger.py';
const named = process.env.ASSAYER_SERVER !== undefined || given.some((one) => /^--(server|help)\b/.test(one));
const server = named ? undefined : await serve();
const env = { ...process.env, ...(server && { ASSAYER_SERVER: server.url }), PYTHONIOENCODING: 'utf-8' };
const example = spawn(process.env.ASSAYER_PYTHON || VENV, [join(ROOT, 'examples', script), ...given], {
  env,
  stdio: 'inherit',
});
const [code] = await once(example, 'exit');
await server?.close();
process.exitCode = code ?? 1;

/** A server on a free port of the loopback, with nothing in it. */
async function serve() {
  const data = mkdtempSync(join(tmpdir(), 'assayer-example-'));
  const cli = join(ROOT, 'packages', 'server', 'bin', 'assayer.js');
  const args = ['serve', '--port', '0', '--data', data, '--log-level', 'warn'];
  const child = spawn(join(ROOT, 'node_modules', '.bin', 'node'), [cli, ...args], {
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const ended = once(child, 'exit');
  const url = await new Promise((resolve, reject) => {
    let text = '';
    for (const stream of [child.stdout, child.stderr])
      stream.setEncoding('utf8').on('data', (chunk) => {
        text = (text + chunk).slice(-10_000);
        const ready = /ready at (http:\/\/\S+)/.exec(text)?.[1];
        if (ready) resolve(ready);
      });
    ended.then(() => reject(new Error(`the server did not start: ${text}`)));
  });
  return {
    url,
    async close() {
      child.kill();
      await ended;
      rmSync(data, { recursive: true, force: true });
    },
  };
}
