import { rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { done, jsonOf, makePlace, run, serve } from './support.ts';

describe('serve', () => {
  it('R9: stops on SIGTERM with 0, and starts again on what is there', async () => {
    await using place = await makePlace();
    const server = await serve(place);
    expect(server.url).toMatch(/^http:\/\/127\.0\.0\.1:\d+$/);
    expect(server.stdout().trimEnd().split('\n')).toHaveLength(1);
    expect(await server.stop('SIGTERM')).toBe(0);
    const again = await serve(place);
    expect(await again.stop('SIGINT')).toBe(0);
  });

  it('O5: says at the start what is in effect, for people and for the log, without secrets', async () => {
    await using place = await makePlace();
    const server = await serve(
      place,
      '--log-level',
      'info',
      '--idle-ms',
      '71000',
      '--database',
      'sqlite:x.db?password=hunter2',
    );
    await server.stop();
    const lines = server.stderr().split('\n');
    expect(lines).toContainEqual(expect.stringMatching(/^Limits: artifact 64 GiB.*\bidle 71 s/));
    const logged = lines.filter((line) => line.startsWith('{')).map((line) => JSON.parse(line));
    expect(logged).toMatchObject([
      { level: 'info', msg: 'started', url: server.url, config: { limits: { idle_ms: 71_000, database_ms: 60_000 } } },
      { msg: 'stopping' },
      { msg: 'stopped' },
    ]);
    expect(server.stderr()).not.toContain('hunter2');
  });

  it('D12: a second server on the same database is refused in a sentence', async () => {
    await using place = await makePlace();
    const server = await serve(place);
    const second = await run(place, 'serve', '--port', '0');
    expect(second).toMatchObject({ code: 1, stderr: expect.stringMatching(/^Another Assayer server has this/) });
    expect(second.stderr).not.toMatch(/^\s+at /m);
    expect(await run(place, 'migrate')).toMatchObject({ code: 1 });
    await server.stop();
    expect(await run(place, 'migrate')).toMatchObject({ code: 0, stdout: expect.stringContaining('up to date') });
  });

  it('O2: warns in words when it opens without access control', async () => {
    await using place = await makePlace();
    const refused = await run(place, 'serve', '--host', '0.0.0.0', '--port', '0');
    expect(refused).toMatchObject({
      code: 2,
      stderr: expect.stringMatching(/no access control yet.*--allow-anonymous/s),
    });
    const server = await serve(place, '--host', '0.0.0.0', '--allow-anonymous');
    expect(server.stderr()).toMatch(/Warning: there is no access control/);
    await server.stop();
  });

  it('tells every problem of the configuration, and ends with 2', async () => {
    await using place = await makePlace();
    await writeFile(join(place.folder, 'assayer.config.json'), '{"port": "x", "colour": 1}');
    place.env.ASSAYER_TRASH_DAYS = '-1';
    const { code, stderr } = await run(place, 'serve', '--log-level', 'loud');
    expect(code).toBe(2);
    expect(stderr.match(/^ {2}\S/gm)).toHaveLength(4);
  });

  it('a port that is taken is a fault, without a stack', async () => {
    await using place = await makePlace();
    await using other = await makePlace();
    const server = await serve(place);
    const { port } = new URL(server.url);
    const second = await run(other, 'serve', '--port', port);
    expect(second.code).toBe(3);
    expect(second.stderr).toMatch(new RegExp(`127\\.0\\.0\\.1:${port} is in use.*--port`));
    expect(second.stderr).not.toContain('EADDRINUSE');
    await server.stop();
  });

  it.each([['serve'], ['migrate']])('%s tells which database cannot be reached, and no password', async (command) => {
    await using place = await makePlace();
    const { code, stderr } = await run(place, command, '--database', 'postgres://ada:hunter2@127.0.0.1:9/models');
    expect(code).toBe(3);
    expect(stderr).toMatch(/^The database at 127\.0\.0\.1:9 cannot be reached: nobody listens there\.$/m);
    const unknown = await run(place, command, '--database', 'postgres://ada:hunter2@nohost.invalid/models');
    expect(unknown.stderr).toMatch(/^The database at nohost\.invalid:5432 cannot be reached: /);
    expect(stderr).not.toMatch(/hunter2|ECONNREFUSED|fault of assayer/);
  });
});

describe('health', () => {
  it('ends with 0 where the server is ready, and says why where it is not', async () => {
    await using place = await makePlace();
    const server = await serve(place);
    const { port } = new URL(server.url);
    // What a container's health check has is the environment that the server was started with.
    delete place.env.ASSAYER_SERVER;
    const env = { ASSAYER_HOST: '0.0.0.0', ASSAYER_PORT: port, ASSAYER_ALLOW_ANONYMOUS: 'true' };
    const asked = await run({ ...place, env: { ...place.env, ...env } }, 'health');
    expect(asked).toMatchObject({ code: 0, stdout: `Assayer at http://127.0.0.1:${port} is ready\n` });
    expect(await run(place, 'health', '--port', port, '--quiet')).toMatchObject({ code: 0, stdout: '', stderr: '' });
    expect(await jsonOf(place, 'health', '--server', server.url)).toMatchObject({ status: 'ok' });
    await server.stop();
    const { code, stderr } = await run(place, 'health', '--port', port);
    expect([code, stderr]).toEqual([
      3,
      expect.stringMatching(/^Cannot reach Assayer at http:\/\/127\.0\.0\.1:\d+: nobody/),
    ]);
  });

  it('O1 names the part that fails, and what to do', async () => {
    await using place = await makePlace();
    const server = await serve(place);
    await rename(join(place.folder, 'data', 'blobs'), join(place.folder, 'elsewhere'));
    const { code, stdout, stderr } = await run(place, 'health', '--server', server.url);
    expect([code, stdout]).toEqual([3, '']);
    expect(stderr).toMatch(
      /^Assayer at \S+ is not ready\.\n {2}artifacts: The folder of the artifact store is gone\. Mount/,
    );
    await rename(join(place.folder, 'elsewhere'), join(place.folder, 'data', 'blobs'));
    await server.stop();
  });
});

describe('config', () => {
  it('shows what is in effect, secrets masked, and where it comes from', async () => {
    await using place = await makePlace();
    await writeFile(join(place.folder, 'assayer.config.json'), '{"trash_days": 7}');
    const args = ['config', '--database', 'postgres://u:hunter2@h/db', '--json'];
    const stdout = await done(place, ...args);
    expect(stdout).not.toContain('hunter2');
    expect(JSON.parse(stdout)).toMatchObject({ trash_days: 7, database: 'postgres://u:***@h/db' });
    const { sources } = JSON.parse(await done(place, ...args, '--sources'));
    expect(sources).toMatchObject({
      trash_days: 'trash_days in assayer.config.json',
      database: '--database',
      port: 'default',
    });
  });
});
