import { execFile } from 'node:child_process';
import { lstat, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { done, jsonOf, makePlace, run, type Served, serve, start, until } from './support.ts';

const place = await makePlace();
let server: Served;
let key: string;

beforeAll(async () => {
  server = await serve(place);
  await writeFile(join(place.folder, 'config.json'), '{}');
  await done(place, 'push', 'churn', 'config.json', '--tag', 'team=growth');
  key = (await (await fetch(`${server.url}/api/v1/ledger/key`)).text()).trim();
});

afterAll(async () => {
  await server?.stop();
  await place[Symbol.asyncDispose]();
});

describe('ledger verify', () => {
  it('online, and against the checkpoint that was seen before', async () => {
    const first = await run(place, 'ledger', 'verify');
    expect(first).toMatchObject({ code: 0, stdout: expect.stringContaining('The ledger holds') });
    await done(place, 'tag', 'churn', 'a=b');
    const again = await jsonOf(place, 'ledger', 'verify');
    expect(again).toMatchObject({ ok: true, problems: [] });
    expect(again.checkpoints.map((one: { outcome: string }) => one.outcome)).toEqual(['agrees', 'agrees']);
    // Nothing happened since: what was seen before is what is served.
    expect((await jsonOf(place, 'ledger', 'verify')).checkpoints).toHaveLength(1);
  });

  it('what is no key, no checkpoint and no file is misuse', async () => {
    await writeFile(join(place.folder, 'junk.txt'), 'junk\n');
    await writeFile(join(place.folder, 'empty.jsonl'), '');
    const table: [string[], RegExp][] = [
      [['--key', 'nonsense'], /^--key "nonsense" is not a verifier key/],
      [['--key', `${key}x`, '--file', 'empty.jsonl'], /is not a verifier key/],
      [['--checkpoint', 'junk.txt'], /^junk\.txt is not a checkpoint/],
      [['--checkpoint', 'nothing.txt'], /^There is no file nothing\.txt\.$/m],
      [['--file', 'nothing.jsonl'], /^There is no file nothing\.jsonl\.$/m],
      [['--file', '.'], /^\. is a folder/],
    ];
    for (const [args, words] of table) {
      const { code, stderr } = await run(place, 'ledger', 'verify', ...args);
      expect([args, code]).toEqual([args, 2]);
      expect(stderr).toMatch(words);
    }
  });

  it('an export whose lines end in CRLF is told as such, once', async () => {
    const text = await done(place, 'ledger', 'export');
    await writeFile(join(place.folder, 'crlf.jsonl'), text.replaceAll('\n', '\r\n'));
    const { code, stderr } = await run(place, 'ledger', 'verify', '--file', 'crlf.jsonl');
    expect(code).toBe(1);
    expect(stderr.match(/CRLF/g)).toHaveLength(1);
    expect(stderr).not.toMatch(/changed:|malformed/);
  });

  it('an export to what is no file, such as a pipe or /dev/null, leaves it what it is', async () => {
    const pipe = join(place.folder, 'pipe');
    await promisify(execFile)('mkfifo', [pipe]);
    const [text] = await Promise.all([readFile(pipe, 'utf8'), done(place, 'ledger', 'export', '-o', 'pipe')]);
    expect(text).toBe(await done(place, 'ledger', 'export'));
    expect((await lstat(pipe)).isFIFO()).toBe(true);
  });

  it('A4, A5: finds each edit of an export, and a cut tail', async () => {
    await writeFile(join(place.folder, 'note.txt'), await done(place, 'ledger', 'checkpoint'));
    await done(place, 'ledger', 'export', '-o', 'ledger.jsonl');
    const verify = (file: string) =>
      run(place, 'ledger', 'verify', '--file', file, '--checkpoint', 'note.txt', '--key', key);
    expect(await verify('ledger.jsonl')).toMatchObject({ code: 0 });
    const lines = (await readFile(join(place.folder, 'ledger.jsonl'), 'utf8')).split('\n').slice(0, -1);
    const edits: Record<string, string[]> = {
      changed: lines.map((line) => line.replace('growth', 'grownh')),
      missing: lines.filter((_, i) => i !== 1),
      inserted: [...lines.slice(0, 2), lines[1] as string, ...lines.slice(2)],
      cut: lines.slice(0, -1),
    };
    for (const [kind, edited] of Object.entries(edits)) {
      await writeFile(join(place.folder, `${kind}.jsonl`), `${edited.join('\n')}\n`);
      const found = await verify(`${kind}.jsonl`);
      expect([kind, found.code]).toEqual([kind, 1]);
      expect(found.stderr).toMatch(/The ledger does not hold/);
      expect(found.stderr).not.toMatch(/event (\d+): \w+: event \1/);
    }
  });

  it('a server with another ledger is not taken for the one seen before', async () => {
    const { url } = server;
    const state = join(place.folder, 'state', 'assayer', 'checkpoints', `${encodeURIComponent(url)}.json`);
    const seen = JSON.parse(await readFile(state, 'utf8'));
    await writeFile(state, JSON.stringify({ ...seen, vkey: 'assayer/other+00000000+AAAA' }));
    const refused = await run(place, 'ledger', 'verify');
    expect(refused).toMatchObject({ code: 1, stderr: expect.stringContaining('another key') });
    await writeFile(state, JSON.stringify(seen));
  });
});

describe('ledger log', () => {
  it('lists, filters and follows', async () => {
    const listed = await done(place, 'ledger', 'log', '--type', 'model.registered', '--json');
    expect(JSON.parse(listed)).toMatchObject({ seq: 1, subject: 'churn' });
    const { child, ended } = start(place, ['ledger', 'log', '--follow', '--json', '--limit', '1']);
    let seen = '';
    child.stdout?.on('data', (text: string) => {
      seen += text;
    });
    await until(() => seen.includes('\n'));
    await done(place, 'tag', 'churn', 'followed=yes');
    await until(() => seen.includes('followed'));
    child.kill('SIGINT');
    expect((await ended).code).toBe(0);
    const seqs = seen
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line).seq);
    expect(seqs[1]).toBe(seqs[0] + 1);
  });
});

describe('doctor', () => {
  it('finds all well, then a damaged blob and open permissions', async () => {
    const well = await jsonOf(place, 'doctor');
    expect(well.ok).toBe(true);
    expect(well.findings.map((one: { check: string }) => one.check)).toEqual(
      expect.arrayContaining(['node', 'database', 'schema', 'integrity', 'ledger', 'blobs', 'disk']),
    );
    const { artifacts } = await jsonOf(place, 'show', 'churn/1');
    const { sha256 } = artifacts[0];
    const blob = join(place.folder, 'data', 'blobs', 'sha256', sha256.slice(0, 2), sha256);
    await writeFile(blob, '[]');
    const ill = await run(place, 'doctor');
    expect(ill).toMatchObject({
      code: 1,
      stdout: expect.stringMatching(/problem {2}blobs: .*other bytes.*→ Restore/s),
    });
    await writeFile(blob, '{}');
  });
});
