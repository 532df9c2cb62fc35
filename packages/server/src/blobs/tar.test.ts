import assert from 'node:assert/strict';
import fc from 'fast-check';
import { pack } from 'tar-stream';
import { describe, it } from 'vitest';
import { type TarMember, tarHeader } from './tar.ts';

/** The header as tar-stream writes it, which wrote our archives before: the same version gives the same bytes. */
async function header({ path, ...rest }: TarMember): Promise<Buffer> {
  const tar = pack();
  const blocks: Buffer[] = [];
  tar.on('error', () => {}).on('data', (block) => void blocks.push(block as Buffer));
  tar.entry({ name: path, ...rest, mode: 0o644, type: 'file' });
  await new Promise((resolve) => setImmediate(resolve)); // it opens its entries later
  tar.destroy();
  return Buffer.concat(blocks);
}

const mtime = new Date('2026-03-31T23:59:58Z');
const segment = (most: number) =>
  fc.string({ minLength: 1, maxLength: most, unit: fc.constantFrom('a', 'b', '-', '7', 'é', '長', '😀') });
const plain = (most: number) => fc.string({ minLength: 1, maxLength: most, unit: fc.constantFrom('a', 'b', '-', '7') });

describe('the header of a tar', () => {
  async function assertSame(member: TarMember): Promise<void> {
    const [ours, theirs] = [tarHeader(member), await header(member)];
    assert.equal(ours.toString('latin1'), theirs.toString('latin1'), `${member.path}, ${member.size} bytes`);
  }

  it('is what tar-stream writes, for any path', async () => {
    const path = fc
      .array(fc.oneof(plain(120), plain(20), segment(8)), { minLength: 1, maxLength: 9 })
      .map((parts) => parts.join('/'));
    const size = fc.oneof(fc.nat(), fc.constantFrom(0, 8 ** 11 - 1, 8 ** 11, 2 ** 53 - 1));
    await fc.assert(
      fc.asyncProperty(path, size, (path, size) => assertSame({ path, size, mtime })),
      { numRuns: 500 },
    );
  });

  it('takes paths of every length, with folders and without', async () => {
    for (let length = 1; length < 1100; length++)
      for (const path of ['x'.repeat(length), `f${'/folder'.repeat(200)}`.slice(0, length), 'é'.repeat(length)])
        await assertSame({ path, size: 1, mtime });
  });

  it('holds a time that a tar can tell, whatever the clock says', () => {
    for (const time of [-1e12, 0, 2 ** 31 * 1000, 8e15]) {
      const seconds = Math.min(Math.max(Math.floor(time / 1000), 0), 0x7fffffff);
      const told = tarHeader({ path: 'a', size: 0, mtime: new Date(time) });
      assert.equal(Number.parseInt(told.toString('latin1', 136, 147), 8), seconds);
    }
  });
});
