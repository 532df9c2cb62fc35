import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { createHash, randomBytes } from 'node:crypto';
import { createWriteStream } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, it } from 'vitest';
import { bytesOf } from '../../test/support/blob-contract.ts';
import { type ArchiveEntry, tarOf, zipOf } from './archive.ts';

const run = promisify(execFile);
const MiB = 1024 * 1024;
const mtime = new Date('2026-03-31T23:59:58Z');
const LONG = `${'deep/'.repeat(199)}model`;

const entry = (path: string, bytes: Uint8Array): ArchiveEntry => ({
  path,
  size: bytes.length,
  mtime,
  open: async () => Readable.from([bytes.subarray(0, 7), bytes.subarray(7)].filter((part) => part.length > 0)),
});

const PATHS = [
  'model.pkl',
  '模型/权重/モデル.safetensors',
  '모델.onnx',
  'café/naïve 😀.bin',
  LONG,
  `${'長'.repeat(333)}/x`,
];
const CONTENT = [Buffer.alloc(0), Buffer.from('x'), randomBytes(512), randomBytes(70_000)];
const entries = PATHS.map((path, i) => entry(path, CONTENT[i % CONTENT.length]!));

// Python is what most clients unpack with: path, digest, mode and time of each file, as its own modules read them.
const LISTERS = {
  tar: `import sys, tarfile, hashlib, json
t = tarfile.open(sys.argv[1], 'r:')
print(json.dumps([[m.name, hashlib.sha256(t.extractfile(m).read()).hexdigest(), m.mode, m.mtime] for m in t]))`,
  zip: `import sys, zipfile, hashlib, json, calendar
z = zipfile.ZipFile(sys.argv[1])
assert z.testzip() is None
print(json.dumps([[i.filename, hashlib.sha256(z.read(i)).hexdigest(), (i.external_attr >> 16) & 0o7777, calendar.timegm(i.date_time)] for i in z.infolist()]))`,
};

for (const [kind, archiveOf] of [
  ['tar', tarOf],
  ['zip', zipOf],
] as const) {
  describe(`a ${kind} of artifacts`, () => {
    let folder: string;
    beforeAll(async () => {
      folder = await mkdtemp(join(tmpdir(), 'archive-'));
    });
    afterAll(() => rm(folder, { recursive: true }));

    async function listWithPython(given: ArchiveEntry[]) {
      const file = join(folder, `a.${kind}`);
      await pipeline(archiveOf(given), createWriteStream(file));
      const { stdout } = await run('python3', ['-c', LISTERS[kind], file], { maxBuffer: 100e6 });
      return JSON.parse(stdout) as [path: string, sha256: string, mode: number, mtime: number][];
    }

    it('is read by Python with equal paths, bytes, modes and times', async () => {
      assert.equal(Buffer.byteLength(LONG), 1000);
      assert.equal(Buffer.byteLength(PATHS.at(-1)!), 1001);
      const expected = PATHS.map((path, i) => {
        const sha256 = createHash('sha256')
          .update(CONTENT[i % CONTENT.length]!)
          .digest('hex');
        return [path, sha256, 0o644, mtime.getTime() / 1000];
      });
      assert.deepEqual(await listWithPython(entries), expected);
    });

    it('may be empty', async () => {
      assert.deepEqual(await listWithPython([]), []);
    });

    it('may hold 70,000 files', async () => {
      const many = Array.from({ length: 70_000 }, (_, i) => entry(`part-${i}`, Buffer.from('x')));
      const listed = await listWithPython(many);
      assert.equal(listed.length, 70_000);
      assert.equal(listed.at(-1)?.[0], 'part-69999');
    });

    it('is the same bytes each time, in any time zone', async () => {
      const digest = async () =>
        createHash('sha256')
          .update(await bytesOf(archiveOf(entries)))
          .digest('hex');
      const zone = process.env.TZ;
      const seen = new Set<string>();
      for (const there of ['UTC', 'America/St_Johns', 'Asia/Tokyo']) {
        process.env.TZ = there;
        seen.add(await digest());
      }
      if (zone === undefined) delete process.env.TZ;
      else process.env.TZ = zone;
      assert.equal(seen.size, 1);
    });

    it('takes entries as they come, and opens one at a time', async () => {
      let open = 0;
      let most = 0;
      async function* lazily() {
        for (const one of entries) {
          yield {
            ...one,
            async open() {
              open += 1;
              most = Math.max(most, open);
              return closing(await one.open(), () => {
                open -= 1;
              });
            },
          };
        }
      }
      assert.deepEqual(await bytesOf(archiveOf(lazily())), await bytesOf(archiveOf(entries)));
      assert.equal(most, 1);
    });

    it('opens nothing before it is read', async () => {
      let opened = false;
      const open = async () => {
        opened = true;
        return Readable.from([]);
      };
      const idle = archiveOf([{ ...entries[0]!, open }]);
      await new Promise((resolve) => setTimeout(resolve, 10));
      await idle.return();
      assert.equal(opened, false);
    });

    const bad: [string, Partial<ArchiveEntry>][] = [
      ['cannot be opened', { open: () => Promise.reject(new Error('no blob')) }],
      ['breaks off', { open: async () => Readable.from(brokenOff()) }],
      ['is shorter than was said', { size: 1001 }],
      ['is longer than was said', { size: 999 }],
    ];
    for (const [what, differing] of bad) {
      it(`breaks where an entry ${what}`, async () => {
        const broken = { ...entry('b', randomBytes(1000)), ...differing };
        await assert.rejects(bytesOf(archiveOf([entry('a', randomBytes(10)), broken, entry('c', randomBytes(10))])));
      });
    }

    it('closes the entry that it was reading when the client leaves', async () => {
      let source: Readable | undefined;
      const endless = async () => {
        source = Readable.from(forever(), { objectMode: false });
        return source;
      };
      for await (const _ of archiveOf([{ path: 'a', size: 1e12, mtime, open: endless }])) if (source) break;
      await new Promise((resolve) => setTimeout(resolve, 20));
      assert.ok(source?.destroyed);
    });

    it('reads little further than the client takes', async () => {
      let read = 0;
      let taken = 0;
      let ahead = 0;
      function* large() {
        for (let i = 0; i < 100; i++) {
          read += MiB;
          ahead = Math.max(ahead, read - taken);
          yield Buffer.alloc(MiB);
        }
      }
      const open = async () => Readable.from(large(), { objectMode: false, highWaterMark: MiB });
      for await (const chunk of archiveOf([{ path: 'a', size: 100 * MiB, mtime, open }])) {
        taken += chunk.length;
        await new Promise((resolve) => setTimeout(resolve, 1));
      }
      assert.ok(ahead <= 6 * MiB, `${ahead} bytes`);
    });
  });
}

async function* closing(chunks: AsyncIterable<Uint8Array>, closed: () => void) {
  try {
    yield* chunks;
  } finally {
    closed();
  }
}

function* brokenOff() {
  yield Buffer.alloc(500);
  throw new Error('damaged');
}

function* forever() {
  for (;;) yield Buffer.alloc(100_000);
}
