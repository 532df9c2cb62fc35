import { randomInt } from 'node:crypto';
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { describe, expect, it, onTestFinished } from 'vitest';
import { Refused } from '../../src/registry/refusals.ts';
import { condemn, sweep, takeSome } from '../../src/registry/sweep.ts';
import { collect, sha256Of } from '../support/blob-contract.ts';
import { databases } from '../support/databases.ts';
import { aName, make } from '../support/make.ts';
import { ada, type Opened, openRegistry, useRegistry } from '../support/open-registry.ts';

/** No grace at all: even bytes that are kept after the sweep began are old. */
const AT_ONCE = { graceMs: -60_000 };
const HOUR = 3_600_000;

const partsOf = ({ db, blobs, clock }: Opened) => ({ db, blobs, now: clock.now });
const sweepAtOnce = (opened: Opened) => collect(sweep(partsOf(opened), AT_ONCE));
const marksOf = ({ db }: Opened) => db.read.selectFrom('condemned').selectAll().execute();

async function orphan(opened: Opened, content: string) {
  const sha256 = sha256Of(Buffer.from(content));
  const { model, number } = await make.version(opened, { artifacts: { 'a.bin': content } });
  await opened.registry.artifacts.detach(ada, { model, ref: String(number), path: 'a.bin' });
  return { sha256, slot: { model, ref: String(number), path: 'a.bin' } };
}

const upload = ({ registry }: Opened, slot: { model: string; ref: string; path: string }, content: string) =>
  registry.artifacts.upload(ada, slot, Readable.from([Buffer.from(content)]), {});

async function refusalOf(promise: Promise<unknown>): Promise<string> {
  const error = await promise.then(
    () => undefined,
    (thrown) => thrown,
  );
  if (error instanceof Refused) return error.kind;
  throw error ?? new Error('it was not refused');
}

/** Runs `then` once, after this call of the store. */
function after<K extends 'size' | 'remove'>(opened: Opened, call: K, then: () => Promise<unknown>): void {
  const { blobs } = opened;
  const real = blobs[call].bind(blobs) as (...args: unknown[]) => Promise<unknown>;
  blobs[call] = (async (...args: unknown[]) => {
    blobs[call] = real as never;
    const answer = await real(...args);
    await then();
    return answer;
  }) as never;
}

for (const [name, open] of Object.entries(databases))
  describe(`the sweep on ${name}`, () => {
    const opened = useRegistry(open);

    it('D5 takes bytes that no version names once they are older than the grace time, and nothing else', async () => {
      const { sha256 } = await orphan(opened, 'left over');
      await make.version(opened, { artifacts: { 'a.bin': 'named' } });
      expect(await collect(opened.registry.trash.sweep({ graceMs: HOUR }))).toEqual([]);
      const told = await collect(opened.registry.trash.sweep({ ...AT_ONCE, dryRun: true }));
      expect(told).toEqual([{ sha256, size: 9, kept_at: expect.any(Number) }]);
      expect(await opened.blobs.size(sha256)).toBe(9);
      expect(await collect(opened.registry.trash.sweep(AT_ONCE))).toEqual(told);
      expect(await opened.blobs.size(sha256)).toBeUndefined();
      expect(await opened.blobs.size(sha256Of(Buffer.from('named')))).toBe(5);
      expect(await readdir(join(opened.blobFolder, 'drafts'))).toEqual([]);
      const read = opened.db.read.selectFrom('inspection').select('sha256').where('sha256', '=', sha256);
      expect(await read.execute()).toEqual([]);
      expect(await collect(opened.registry.trash.sweep(AT_ONCE))).toEqual([]);
    });

    it('D5 bytes in the trash stay, those that were purged go', async () => {
      const { model, number } = await make.version(opened, { artifacts: { 'a.bin': 'deregistered' } });
      const sha256 = sha256Of(Buffer.from('deregistered'));
      await opened.registry.versions.deregister(ada, model, String(number), { reason: 'test' });
      expect(await sweepAtOnce(opened)).toEqual([]);
      await opened.registry.versions.purge(ada, model, String(number));
      expect(await sweepAtOnce(opened)).toMatchObject([{ sha256 }]);
    });

    it('D5 bytes that were swept away can be sent again', async () => {
      const { sha256, slot } = await orphan(opened, 'to and fro');
      await sweepAtOnce(opened);
      expect(await refusalOf(opened.registry.artifacts.attach(ada, slot, sha256))).toBe('blob-not-found');
      await upload(opened, slot, 'to and fro');
      expect((await marksOf(opened)).map((mark) => mark.sha256)).not.toContain(sha256);
      expect(await sweepAtOnce(opened)).toEqual([]);
      expect(await opened.blobs.size(sha256)).toBe(10);
    });

    it('D5 an attach that looked before the sweep names nothing', async () => {
      const { sha256, slot } = await orphan(opened, 'seen, then swept');
      after(opened, 'size', () => sweepAtOnce(opened));
      expect(await refusalOf(opened.registry.artifacts.attach(ada, slot, sha256))).toBe('blob-not-found');
      expect(await refusalOf(opened.registry.artifacts.get(slot))).toBe('artifact-not-found');
    });

    it('D5 an upload whose bytes are swept before they are named is told to send them again', async () => {
      const { model, number } = await make.version(opened);
      const slot = { model, ref: String(number), path: 'late.bin' };
      const { draft } = opened.blobs;
      opened.blobs.draft = async () => {
        opened.blobs.draft = draft;
        const inner = await draft();
        const keep = async (sha256: string) => {
          await inner.keep(sha256);
          await sweepAtOnce(opened);
        };
        return { ...inner, keep };
      };
      expect(await refusalOf(upload(opened, slot, 'kept, then swept'))).toBe('upload-cut');
      expect(await refusalOf(opened.registry.artifacts.get(slot))).toBe('artifact-not-found');
      await upload(opened, slot, 'kept, then swept');
      expect(await opened.blobs.size(sha256Of(Buffer.from('kept, then swept')))).toBe(16);
    });

    it('D5 marked bytes that are named before they are taken stay', async () => {
      const { sha256, slot } = await orphan(opened, 'marked');
      await condemn(partsOf(opened), [{ sha256, size: 6, kept_at: 0 }]);
      await opened.registry.artifacts.attach(ada, slot, sha256);
      expect(await takeSome(partsOf(opened), Date.now() + HOUR)).toBeUndefined();
      expect(await opened.blobs.size(sha256)).toBe(6);
    });

    it('D5 marked bytes that are kept anew stay, and lose their mark', async () => {
      const { sha256, slot } = await orphan(opened, 'marked and kept anew');
      const before = Date.now() - HOUR;
      await condemn(partsOf(opened), [{ sha256, size: 20, kept_at: 0 }]);
      expect(await takeSome(partsOf(opened), before)).toEqual([]);
      expect(await opened.blobs.size(sha256)).toBe(20);
      expect((await marksOf(opened)).map((mark) => mark.sha256)).not.toContain(sha256);
      await opened.registry.artifacts.attach(ada, slot, sha256);
    });

    it('D5 a mark is not struck by one who does not see the bytes, so that another who saw them learns of it', async () => {
      const { sha256, slot } = await orphan(opened, 'two want it');
      after(opened, 'size', async () => {
        await sweepAtOnce(opened);
        expect(await refusalOf(opened.registry.artifacts.attach(ada, slot, sha256))).toBe('blob-not-found');
      });
      expect(await refusalOf(opened.registry.artifacts.attach(ada, slot, sha256))).toBe('blob-not-found');
    });

    it('D5 bytes that a file names stay until the file is deleted or overwritten, and not a moment less', async () => {
      const [first, second] = ['of a file', 'of the file that took its place'].map((text) => Buffer.from(text));
      const put = (bytes: Buffer) => opened.registry.files.put('0/run/a.bin', Readable.from([bytes]));
      await put(first!);
      expect(await sweepAtOnce(opened)).toEqual([]);
      await put(second!);
      expect(await sweepAtOnce(opened)).toMatchObject([{ sha256: sha256Of(first!) }]);
      const { model, number } = await make.version(opened, { artifacts: { 'a.bin': second! } });
      await opened.registry.files.remove('0/run/a.bin');
      expect(await sweepAtOnce(opened)).toEqual([]);
      await put(second!);
      await opened.registry.artifacts.detach(ada, { model, ref: String(number), path: 'a.bin' });
      expect(await sweepAtOnce(opened)).toEqual([]);
      await opened.registry.files.remove('0');
      expect(await sweepAtOnce(opened)).toMatchObject([{ sha256: sha256Of(second!) }]);
    });

    it('D5 marked bytes that a file names are taken back, and a file whose bytes are swept first is sent again', async () => {
      const content = Buffer.from('marked, then a file');
      const sha256 = sha256Of(content);
      const put = () => opened.registry.files.put('0/marked', Readable.from([content]));
      await condemn(partsOf(opened), [{ sha256, size: content.length, kept_at: 0 }]);
      await put();
      expect(await takeSome(partsOf(opened), Date.now() + HOUR)).toBeUndefined();
      expect((await marksOf(opened)).map((mark) => mark.sha256)).not.toContain(sha256);
      await opened.registry.files.remove('0/marked');
      await sweepAtOnce(opened);
      const { draft } = opened.blobs;
      opened.blobs.draft = async () => {
        opened.blobs.draft = draft;
        const inner = await draft();
        const keep = async (digest: string) => {
          await inner.keep(digest);
          await sweepAtOnce(opened);
        };
        return { ...inner, keep };
      };
      expect(await refusalOf(put())).toBe('upload-cut');
      expect(await opened.registry.files.find('0/marked')).toBeUndefined();
      await put();
      expect(await opened.blobs.size(sha256)).toBe(content.length);
      await opened.registry.files.remove('0');
      expect(await sweepAtOnce(opened)).toMatchObject([{ sha256 }]);
    });

    it('D5 a sweep that failed after it took bytes leaves the mark, and the next one ends the work', async () => {
      const { sha256, slot } = await orphan(opened, 'half swept');
      after(opened, 'remove', () => Promise.reject(new Error('the process died here')));
      await expect(sweepAtOnce(opened)).rejects.toThrow('died here');
      expect(await marksOf(opened)).toContainEqual({ sha256, at: expect.any(Number), removed_at: null });
      expect(await refusalOf(opened.registry.artifacts.attach(ada, slot, sha256))).toBe('blob-not-found');
      expect(await sweepAtOnce(opened)).toEqual([]);
      expect(await marksOf(opened)).toContainEqual({
        sha256,
        at: expect.any(Number),
        removed_at: expect.any(Number),
      });
      await upload(opened, slot, 'half swept');
      expect(await opened.blobs.size(sha256)).toBe(10);
    });

    it('D5 a sweep ends when it is told to, and marks are forgotten after a week', async () => {
      const { sha256 } = await orphan(opened, 'for another day');
      expect(await collect(sweep(partsOf(opened), { ...AT_ONCE, signal: AbortSignal.abort() }))).toEqual([]);
      expect(await opened.blobs.size(sha256)).toBe(15);
      expect((await sweepAtOnce(opened)).map((blob) => blob.sha256)).toEqual([sha256]);
      opened.clock.tick(8 * 24 * HOUR);
      onTestFinished(() => opened.clock.run());
      await collect(sweep(partsOf(opened), { graceMs: 8 * 24 * HOUR }));
      expect(await marksOf(opened)).toEqual([]);
    });

    it('D5 no version and no file ever names bytes that are not there, with a sweep in a loop beside uploads, attaches, files and pins', async () => {
      const own = await openRegistry(open);
      onTestFinished(() => own.close());
      const outcomes = await churn(own, 160);
      expect(outcomes.named).toBeGreaterThan(20);
      expect(outcomes.pinned).toBeGreaterThan(10);
      expect(outcomes.swept).toBeGreaterThan(5);
      expect(await unfounded(own)).toEqual([]);
    });
  });

/** Uploads, attaches, logs, pins and lets go of the same few contents from six sides, while sweeps run one after the other. */
async function churn(
  opened: Opened,
  rounds: number,
): Promise<{ named: number; pinned: number; refused: number; swept: number }> {
  const told = { named: 0, pinned: 0, refused: 0, swept: 0 };
  const contents = Array.from({ length: 5 }, () => aName('content'));
  let over = false;
  async function client() {
    const { model, number } = await make.version(opened);
    for (let i = 0; i < rounds / 4; i += 1) {
      const content = contents[randomInt(contents.length)] as string;
      const slot = { model, ref: String(number), path: `${i}.bin` };
      const sha256 = sha256Of(Buffer.from(content));
      const naming = i % 2 ? upload(opened, slot, content) : opened.registry.artifacts.attach(ada, slot, sha256);
      const refused = await naming.then(
        () => undefined,
        (error) => error,
      );
      if (refused && !(refused instanceof Refused && /^(blob-not-found|upload-cut)$/.test(refused.kind))) throw refused;
      told[refused ? 'refused' : 'named'] += 1;
      if (refused) continue;
      expect(await opened.blobs.size(sha256)).toBe(content.length);
      await opened.registry.artifacts.detach(ada, slot);
    }
  }
  const sweeping = (async () => {
    while (!over) told.swept += (await sweepAtOnce(opened)).length;
  })();
  /** The same with files, which are overwritten, deleted, and made into versions that are purged again. */
  async function logger() {
    const { run_id } = (await opened.mlflow('POST', '/runs/create', { experiment_id: '0' })).json.run.info;
    const { name } = await make.model(opened);
    for (let i = 0; i < rounds / 4; i += 1) {
      const content = contents[randomInt(contents.length)] as string;
      const path = `0/${run_id}/artifacts/m/${i % 3}`;
      const refused = await opened.registry.files.put(path, Readable.from([Buffer.from(content)])).then(
        () => undefined,
        (error) => error,
      );
      if (refused && !(refused instanceof Refused && refused.kind === 'upload-cut')) throw refused;
      told[refused ? 'refused' : 'named'] += 1;
      if (refused) continue;
      expect(await opened.blobs.size(sha256Of(Buffer.from(content)))).toBe(content.length);
      if (i % 3 === 2) await pinAndPurge(name, run_id);
      if (i % 2) await opened.registry.files.remove(path);
    }
  }
  async function pinAndPurge(name: string, run_id: string) {
    const source = `runs:/${run_id}/m`;
    const { status, json, text } = await opened.mlflow('POST', '/model-versions/create', { name, source, run_id });
    if (status !== 200) expect(text).toMatch(/gone from the store/);
    told[status === 200 ? 'pinned' : 'refused'] += 1;
    if (status !== 200) return;
    const number = json.model_version.version;
    const { items } = (await opened.get(`/models/${name}/versions/${number}/artifacts`)).json;
    expect(items.length).toBeGreaterThan(0);
    for (const { sha256, size_bytes } of items) expect(await opened.blobs.size(sha256)).toBe(size_bytes);
    await opened.registry.versions.deregister(ada, name, number, { reason: 'test' });
    await opened.registry.versions.purge(ada, name, number);
  }
  await Promise.all([client(), client(), client(), client(), logger(), logger()]).finally(() => {
    over = true;
  });
  await sweeping;
  return told;
}

/** Digests that an artifact or a file names and the store does not have. */
async function unfounded({ db, blobs }: Opened): Promise<string[]> {
  const named = [
    ...(await db.read.selectFrom('artifact').select('sha256').distinct().execute()),
    ...(await db.read.selectFrom('file').select('sha256').distinct().execute()),
  ];
  const sizes = await Promise.all(named.map(({ sha256 }) => blobs.size(sha256)));
  return named.map(({ sha256 }) => sha256).filter((_, i) => sizes[i] === undefined);
}
