import { randomBytes, randomInt } from 'node:crypto';
import { appendFile, chmod, mkdir, rename, rm, symlink, truncate, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { Readable } from 'node:stream';
import { describe, expect, it } from 'vitest';
import { countNamedBlobs } from '../../src/registry/named-blobs.ts';
import { type Problem, scrub } from '../../src/registry/scrub.ts';
import { rounds, told } from '../faults/rounds.ts';
import { collect, sha256Of } from '../support/blob-contract.ts';
import { databases } from '../support/databases.ts';
import { make } from '../support/make.ts';
import { type Opened, useRegistry } from '../support/open-registry.ts';

const BLOBS = 250;
const AT_ONCE = 50;
const ROUNDS = rounds(20, 2);

interface Blob {
  sha256: string;
  bytes: Buffer;
  file: string;
}

/** What was done to a file, and the kind of problem that it should be found as. */
type Corrupt = (blob: Blob, other: Blob) => Promise<Record<string, string>>;

const CORRUPTIONS: Record<string, Corrupt> = {
  flipped: async ({ sha256, bytes, file }) => {
    const flipped = Buffer.from(bytes);
    flipped[randomInt(bytes.length)]! ^= 1 << randomInt(8);
    await writeFile(file, flipped);
    return { [sha256]: 'bytes' };
  },
  truncated: async ({ sha256, bytes, file }) => {
    await truncate(file, randomInt(bytes.length));
    return { [sha256]: 'length' };
  },
  grown: async ({ sha256, file }) => {
    await appendFile(file, randomBytes(1 + randomInt(100)));
    return { [sha256]: 'length' };
  },
  swapped: async (one, other) => {
    await rename(one.file, `${one.file}.swap`);
    await rename(other.file, one.file);
    await rename(`${one.file}.swap`, other.file);
    const kind = one.bytes.length === other.bytes.length ? 'bytes' : 'length';
    return { [one.sha256]: kind, [other.sha256]: kind };
  },
  missing: async ({ sha256, file }) => {
    await rm(file);
    return { [sha256]: 'missing' };
  },
  'a link': async ({ sha256, file }) => {
    await rename(file, `${file}.there`);
    await symlink(`${file}.there`, file);
    return { [sha256]: 'not-a-file', [`${sha256}.there`]: 'extra' };
  },
  'a folder': async ({ sha256, file }) => {
    await rm(file);
    await mkdir(file);
    return { [sha256]: 'not-a-file' };
  },
  'open to others': async ({ sha256, file }) => {
    await chmod(file, 0o604);
    return { [sha256]: 'exposed' };
  },
  extra: async ({ file }) => {
    const name = randomInt(2) ? sha256Of(randomBytes(8)) : `${sha256Of(randomBytes(8)).slice(0, 60)}.tmp`;
    await writeFile(join(dirname(file), name), 'x', { mode: 0o600 });
    return { [name]: 'extra' };
  },
};

/** Every blob as it was, and nothing besides. */
async function mend({ blobFolder }: Opened, blobs: readonly Blob[]): Promise<void> {
  await rm(join(blobFolder, 'sha256'), { recursive: true });
  for (const { file, bytes } of blobs) {
    await mkdir(dirname(file), { recursive: true, mode: 0o700 });
    await writeFile(file, bytes, { mode: 0o600 });
  }
}

function shuffled<T>(all: readonly T[]): T[] {
  const keyed = all.map((one) => ({ one, key: Math.random() }));
  return keyed.sort((a, b) => a.key - b.key).map(({ one }) => one);
}

async function findings({ db, blobFolder }: Opened): Promise<Record<string, string>> {
  const found = await collect(scrub({ read: db.read, folder: blobFolder }));
  return Object.fromEntries(found.map((one) => ['path' in one ? one.path.slice(3) : one.sha256, one.kind]));
}

for (const [name, open] of Object.entries(databases))
  describe(`scrub on ${name}`, () => {
    const opened = useRegistry(open);

    it(`A2 finds each of ${ROUNDS * AT_ONCE} flipped, truncated, swapped, missing and extra files, and no other`, async () => {
      // Pairs of a length, so that swapped ones differ in their bytes alone.
      const contents = Array.from({ length: BLOBS }, (_, i) => randomBytes(1 + (i >> 1) * 37));
      const artifacts = Object.fromEntries(contents.map((bytes, i) => [`${i}.bin`, bytes]));
      await make.version(opened, { artifacts });
      const blobs = contents.map((bytes): Blob => {
        const sha256 = sha256Of(bytes);
        return { sha256, bytes, file: join(opened.blobFolder, 'sha256', sha256.slice(0, 2), sha256) };
      });
      expect(await countNamedBlobs(opened.db.read)).toEqual({
        blobs: BLOBS,
        bytes: contents.reduce((sum, { length }) => sum + length, 0),
      });
      expect(await findings(opened)).toEqual({});
      const made: Record<string, number> = {};
      for (let round = 0; round < ROUNDS; round += 1) {
        const untouched = new Set(shuffled(blobs));
        const expected: Record<string, string> = {};
        for (let i = 0; i < AT_ONCE; i += 1) {
          const [kind, corrupt] = shuffled(Object.entries(CORRUPTIONS))[0]!;
          const [one] = untouched as Iterable<Blob>;
          const pair = blobs[blobs.indexOf(one!) ^ 1]!;
          untouched.delete(one!);
          const [another] = untouched;
          const other = untouched.has(pair) ? pair : another!;
          untouched.delete(other);
          Object.assign(expected, await corrupt(one!, other));
          made[kind] = (made[kind] ?? 0) + 1;
        }
        expect(await findings(opened)).toEqual(expected);
        await mend(opened, blobs);
        expect(await findings(opened)).toEqual({});
      }
      told(`${name}: ${ROUNDS * AT_ONCE} corruptions found: ${JSON.stringify(made)}`);
    });

    it('names the artifacts whose bytes are damaged, and the blob whose bytes are there instead', async () => {
      const [first, second] = [Buffer.from('the first'), Buffer.from('the other')];
      const { model, number } = await make.version(opened, { artifacts: { 'a.bin': first, 'b/c.bin': first } });
      await make.version(opened, { artifacts: { 'd.bin': second } });
      const sha256 = sha256Of(first);
      await opened.blobs.draft().then(async (draft) => {
        await draft.write(second);
        await draft.keep(sha256);
      });
      const [problem] = (await collect(scrub({ read: opened.db.read, folder: opened.blobFolder }))) as Problem[];
      expect(problem).toEqual({
        sha256,
        size: 9,
        kind: 'bytes',
        detail: `holds the bytes of sha256:${sha256Of(second)}`,
        artifacts: [`${model}/${number}/a.bin`, `${model}/${number}/b/c.bin`],
      });
    });

    it('A2 finds the damage of bytes that only a file names, and says which', async () => {
      const content = Buffer.from('bytes of a run alone');
      const { model, number } = await make.version(opened, { artifacts: { 'a.bin': 'shared with a run' } });
      const put = (path: string, bytes: Buffer) => opened.registry.files.put(path, Readable.from([bytes]));
      await put('0/run/artifacts/alone.bin', content);
      await put('0/run/artifacts/shared.bin', Buffer.from('shared with a run'));
      const fileAt = (sha256: string) => join(opened.blobFolder, 'sha256', sha256.slice(0, 2), sha256);
      const [alone, shared] = [sha256Of(content), sha256Of(Buffer.from('shared with a run'))];
      for (const sha256 of [alone, shared]) await truncate(fileAt(sha256), 3);
      const found = (await collect(scrub({ read: opened.db.read, folder: opened.blobFolder }))) as Problem[];
      expect(Object.fromEntries(found.map((one) => [one.sha256, one.artifacts]))).toMatchObject({
        [alone]: ['files/0/run/artifacts/alone.bin'],
        [shared]: [`${model}/${number}/a.bin`, 'files/0/run/artifacts/shared.bin'],
      });
      await put('0/run/artifacts/alone.bin', content);
      await put('0/run/artifacts/shared.bin', Buffer.from('shared with a run'));
      expect((await findings(opened))[alone]).toBeUndefined();
    });

    it('stops where it is told to', async () => {
      let hashed = 0;
      const over = new AbortController();
      const onBlob = () => {
        hashed += 1;
        over.abort();
      };
      const parts = { read: opened.db.read, folder: opened.blobFolder };
      await collect(scrub(parts, { signal: over.signal, onBlob }));
      expect(hashed).toBeGreaterThan(0);
      expect(hashed).toBeLessThan(10);
    });
  });
