import { closeSync, mkdtempSync, openSync, rmSync, truncateSync, writeFileSync, writeSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { deflateSync, gzipSync } from 'node:zlib';
import { afterAll, describe, expect, it } from 'vitest';
import { createInspector } from './inspector.ts';

const folder = mkdtempSync(join(tmpdir(), 'assayer-inspector-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

function file(name: string, bytes: Uint8Array | string): string {
  const path = join(folder, name);
  writeFileSync(path, bytes);
  return path;
}

/** A pickle of one long byte string: all but its ends is a hole in the file. */
function sparse(name: string, size: number): string {
  const head = Buffer.from('80048e0000000000000000', 'hex');
  head.writeBigUInt64LE(BigInt(size), 3);
  const path = file(name, head);
  truncateSync(path, head.length + size);
  const fd = openSync(path, 'r+');
  writeSync(fd, '.', head.length + size);
  closeSync(fd);
  return path;
}

describe('inspector', () => {
  it('answers in order, one file after another', async () => {
    const inspector = createInspector();
    const hostile = file('hostile.pkl', 'cos\nsystem\n(Vtrue\ntR.');
    const plain = file('plain.pkl', Buffer.from('80045d942e', 'hex'));
    const order: string[] = [];
    await Promise.all(
      [hostile, plain, hostile].map(async (path, i) => {
        const { verdict } = await inspector.inspectFile(path, 'm.bin');
        order.push(`${i} ${verdict}`);
      }),
    );
    expect(order).toEqual(['0 unsafe', '1 clean', '2 unsafe']);
    await inspector.close();
  });

  it('S8 a gigabyte is read in seconds, with little memory', async () => {
    const inspector = createInspector({ memoryMb: 64 });
    const path = sparse('large.pkl', 1024 ** 3);
    const before = process.memoryUsage().rss;
    const started = performance.now();
    const { verdict, facts } = await inspector.inspectFile(path, 'large.pkl');
    expect({ verdict, opcodes: facts.opcodes }).toEqual({ verdict: 'clean', opcodes: 3 });
    expect(performance.now() - started).toBeLessThan(5000);
    expect(process.memoryUsage().rss - before).toBeLessThan(128 * 1024 ** 2);
    await inspector.close();
  });

  it('R3 a bomb of 256 MiB costs little memory and time, and is not clean', async () => {
    const zeros = Buffer.alloc(256 * 1024 ** 2);
    const head = Buffer.from('80048e0000001000000000', 'hex');
    const paths = [
      file('zeros.zlib', deflateSync(zeros)),
      file('bomb.zlib', deflateSync(Buffer.concat([head, zeros, Buffer.from('.')]))),
      file('bomb.gz', gzipSync(Buffer.concat([head, zeros, Buffer.from('.')]))),
    ];
    const inspector = createInspector({ memoryMb: 64 });
    await inspector.inspectFile(file('first', ''), 'first');
    for (const path of paths) {
      const before = process.memoryUsage().rss;
      const started = performance.now();
      const { verdict, findings } = await inspector.inspectFile(path, 'bomb');
      expect(verdict).toBe('unknown');
      const [first] = findings;
      if (path !== paths[0]) expect(first?.what).toBe('not read to the end: it inflates more than 200 to 1');
      expect(performance.now() - started).toBeLessThan(5000);
      expect(process.memoryUsage().rss - before).toBeLessThan(64 * 1024 ** 2);
    }
    await inspector.close();
  });

  it('S8 a file that takes too long is unknown, and the next one is read', async () => {
    const inspector = createInspector({ timeoutMs: 1 });
    const slow = file('slow.gz', gzipSync(Buffer.concat([Buffer.from('8004', 'hex'), Buffer.alloc(60_000_000, 'N0')])));
    const answers = await Promise.all([inspector.inspectFile(slow, 'slow'), inspector.inspectFile(slow, 'slow')]);
    for (const { verdict, findings } of answers) {
      expect({ verdict, rule: findings[0]?.rule }).toEqual({ verdict: 'unknown', rule: 'inspection.timeout' });
    }
    await inspector.close();
  });

  it('S8 a file that needs too much memory is unknown, and the next one is read', async () => {
    const inspector = createInspector({ memoryMb: 16 });
    // Texts of their own, each remembered: about 40 MB of heap.
    const texts = Array.from({ length: 600_000 }, (_, i) => `\x8c\x08${String(i).padStart(8, '0')}\x94`).join('');
    const path = file('wide.pkl', Buffer.from(`\x80\x04](${texts}e.`, 'latin1'));
    const plain = file('after.pkl', Buffer.from('80045d942e', 'hex'));
    const answers = await Promise.all([inspector.inspectFile(path, 'wide'), inspector.inspectFile(plain, 'after')]);
    expect(answers[0]).toMatchObject({ verdict: 'unknown', findings: [{ rule: 'inspection.crashed' }] });
    expect(answers[1]).toMatchObject({ verdict: 'clean' });
    await inspector.close();
  });

  it('closes with work at hand', async () => {
    const inspector = createInspector();
    const path = file('late.pkl', Buffer.from('80045d942e', 'hex'));
    const answers = [inspector.inspectFile(path, 'a'), inspector.inspectFile(path, 'b')];
    await new Promise((done) => setTimeout(done, 5));
    await inspector.close();
    for (const answer of await Promise.all(answers)) expect(['clean', 'unknown']).toContain(answer.verdict);
    expect((await inspector.inspectFile(path, 'c')).verdict).toBe('unknown');
  });
});
