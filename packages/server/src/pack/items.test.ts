import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { itemsOf, toItems } from './items.ts';

async function* inTurn<T>(items: Iterable<T>): AsyncGenerator<T> {
  yield* items;
}

async function gathered<T>(items: AsyncIterable<T>): Promise<T[]> {
  const all: T[] = [];
  for await (const item of items) all.push(item);
  return all;
}

describe('a list with one item on each line', () => {
  it('is JSON, and reads back whatever its items are and however its bytes come', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(fc.jsonValue()), fc.integer({ min: 1, max: 40 }), async (values, length) => {
        const texts = values.map((value) => JSON.stringify(value));
        const bytes = Buffer.concat(await gathered(toItems(inTurn(texts))));
        expect(JSON.parse(bytes.toString())).toEqual(texts.map((text) => JSON.parse(text)));
        const chunks: Buffer[] = [];
        for (let at = 0; at < bytes.length; at += length) chunks.push(bytes.subarray(at, at + length));
        expect(await gathered(itemsOf(inTurn(chunks)))).toEqual(texts);
      }),
    );
  });

  it.each([
    '',
    '[]',
    '[\n',
    '[\n{}',
    '[\n{}\n',
    '[\n{},\n]\n',
    '[\n{}\n{}\n]\n',
    '[\n{}\n]\n]\n',
    '[\n]\n{}\n',
    ' [\n]\n',
    '{\n}\n',
    '[\n"\xff\n]\n',
  ])('is not %j', async (text) => {
    await expect(gathered(itemsOf(inTurn([Buffer.from(text, 'latin1')])))).rejects.toThrow();
  });

  it('is not read where one line has no end', async () => {
    const line = Buffer.alloc(2 ** 20, 'x');
    let taken = 0;
    async function* endless() {
      yield Buffer.from('[\n');
      for (; ; taken += 1) yield line;
    }
    await expect(gathered(itemsOf(endless()))).rejects.toThrow('has a line of more than');
    expect(taken).toBeLessThan(100);
  });
});
