import assert from 'node:assert/strict';
import { describe, it } from 'vitest';
import { bufferSize, countTransfer } from './buffers.ts';

describe('buffers', () => {
  it('are 1 MiB for a few transfers, and shrink as they multiply', () => {
    assert.deepEqual(
      [0, 7, 15, 63, 127, 5000].map((others) => bufferSize(others) / 1024),
      [1024, 1024, 512, 128, 64, 16],
    );
  });

  it('of a thousand slow transfers stay under 64 MiB together', () => {
    let total = 0;
    for (let others = 0; others < 1000; others++) total += bufferSize(others);
    assert.ok(total < 64 * 1024 * 1024, `${total}`);
  });

  it('grow again when transfers end, however often they say so', () => {
    const ends = Array.from({ length: 31 }, countTransfer);
    assert.equal(bufferSize(), 256 * 1024);
    for (const end of [...ends, ...ends]) end();
    assert.equal(bufferSize(), 1024 * 1024);
  });
});
