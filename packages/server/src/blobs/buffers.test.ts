import assert from 'node:assert/strict';
import { describe, it } from 'vitest';
import { bufferSize, type LentBuffers, lendBuffers } from './buffers.ts';

const KiB = 1024;
const sizes = ({ buffers }: LentBuffers) => buffers.map((buffer) => buffer.length / KiB);

describe('buffers', () => {
  it('are 1 MiB for a transfer alone, and shrink as they multiply', () => {
    assert.deepEqual(
      [0, 1, 2, 3, 7, 8, 15, 31, 63, 5000].map((others) => bufferSize(others) / KiB),
      [1024, 1024, 512, 512, 256, 128, 128, 64, 32, 16],
    );
  });

  it('are no larger than what is to come needs', () => {
    assert.deepEqual(
      [0, 1, 16 * KiB, 16 * KiB + 1, 200 * KiB, 1e12].map((bytes) => bufferSize(0, bytes) / KiB),
      [16, 16, 16, 32, 256, 1024],
    );
  });

  it('of a thousand slow transfers stay under 64 MiB together', () => {
    let total = 0;
    for (let others = 0; others < 1000; others++) total += 2 * bufferSize(others);
    assert.ok(total < 64 * KiB * KiB, `${total}`);
  });

  it('grow again when transfers end, however often they say so', () => {
    const lent = Array.from({ length: 31 }, () => lendBuffers());
    const small = lendBuffers();
    assert.deepEqual(sizes(small), [64, 64]);
    small.end();
    for (const one of [...lent, ...lent]) one.giveBack();
    for (const one of lent) one.end();
    const alone = lendBuffers();
    assert.deepEqual(sizes(alone), [1024, 1024]);
    alone.end();
  });

  it('are lent to one transfer at a time, and again once they are given back', () => {
    const [first, second] = [lendBuffers(), lendBuffers()];
    const memory = ({ buffers }: LentBuffers) => buffers.map((buffer) => buffer.buffer);
    assert.equal(new Set([...memory(first), ...memory(second)]).size, 4);
    first.giveBack();
    first.giveBack();
    const [third, fourth] = [lendBuffers(), lendBuffers()];
    assert.deepEqual(new Set(memory(third)), new Set(memory(first)));
    assert.equal(new Set([...memory(second), ...memory(third), ...memory(fourth)]).size, 6);
  });

  it('of a transfer that broke off are not lent again: something may still write them', () => {
    const broken = lendBuffers();
    broken.end();
    broken.giveBack();
    const next = lendBuffers();
    for (const buffer of next.buffers) assert.ok(!broken.buffers.some((other) => other.buffer === buffer.buffer));
  });
});
