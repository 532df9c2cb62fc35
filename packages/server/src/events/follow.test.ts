import { execFile } from 'node:child_process';
import { getEventListeners, once } from 'node:events';
import { request } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { databases } from '../../test/support/databases.ts';
import { ada, useRegistry } from '../../test/support/open-registry.ts';
import type { Database } from '../db/database.ts';
import { follow } from './follow.ts';
import { type Ledger, openLedger } from './ledger.ts';
import { createTail, type Line, type Tail } from './tail.ts';

type Lines = Pick<Ledger, 'size' | 'lines'>;

const range = (from: number, to: number) => Array.from({ length: to - from + 1 }, (_, i) => from + i);
const seqs = (lines: Line[]) => lines.map(({ seq }) => seq);

/** A ledger in memory, and how often it was asked. */
function ledgerOf(count: number, text = 'line') {
  const asked = { size: 0, lines: 0 };
  const ledger: Lines & { count: number; asked: typeof asked } = {
    count,
    asked,
    async size() {
      asked.size += 1;
      return ledger.count;
    },
    async *lines(from, to) {
      asked.lines += 1;
      for (const seq of range(from, Math.min(to, ledger.count)))
        yield { seq, line: `${text} ${seq}`, leaf: Buffer.of() };
    },
  };
  return ledger;
}

/** Follows until the event `last`, then leaves. */
async function taken(ledger: Lines, tail: Tail, after: number, last: number): Promise<Line[]> {
  const all: Line[] = [];
  const leave = new AbortController();
  for await (const lines of follow(ledger, tail, after, leave.signal)) {
    all.push(...lines);
    if ((all.at(-1)?.seq ?? after) >= last) leave.abort();
  }
  return all;
}

for (const [name, open] of Object.entries(databases)) {
  describe(`followers on ${name}`, () => {
    let db: Database;
    let ledger: Ledger;
    beforeAll(async () => {
      db = await open();
      ledger = await openLedger(db, Date.now);
    });
    afterAll(() => db.close());

    const append = (count: number) =>
      db.write.transaction().execute(async (tx) => {
        await db.lockLedger(tx);
        const happening = { type: 'model.updated' as const, subject: 'm', changes: [] };
        await ledger.append(
          tx,
          range(1, count).map((at) => ({ at, caller: ada, happening })),
        );
      });

    it('300 from different starts see every event once, in order, while changes come in', async () => {
      await append(1_500);
      const tail = createTail(ledger);
      const last = 2_000;
      const following = range(0, 299).map((i) => taken(ledger, tail, i * 5, last));
      for (let size = 1_500, i = 0; size < last; i += 1) {
        const count = Math.min(1 + ((i * 7) % 23), last - size);
        await append(count);
        size += count;
        if (i % 5 !== 0) tail.poke(); // the others are another replica's
        await sleep(i % 4);
      }
      const lines: Line[] = [];
      for await (const { seq, line } of ledger.lines(1, last)) lines.push({ seq, line });
      for (const [i, seen] of (await Promise.all(following)).entries()) expect(seen).toEqual(lines.slice(i * 5));
    });

    it('one that lags behind what is held catches up', async () => {
      const tail = createTail(ledger);
      const start = await ledger.size();
      const slow = follow(ledger, tail, start, new AbortController().signal);
      const first = slow.next();
      await append(3);
      tail.poke();
      const seen: Line[] = [];
      for (let lines = (await first).value; lines; lines = (await slow.next()).value) {
        seen.push(...lines);
        if (seen.length >= 3) break;
      }
      const fast = taken(ledger, tail, start + 3, start + 2_403);
      for (let i = 0; i < 4; i += 1) {
        await append(600);
        tail.poke();
        await sleep(20);
      }
      expect(seqs(await fast)).toEqual(range(start + 4, start + 2_403));
      expect(tail.first()).toBeGreaterThan(start + 1_000);
      while (seen.length < 2_403) seen.push(...((await slow.next()).value as Line[]));
      await slow.return(undefined);
      expect(seqs(seen)).toEqual(range(start + 1, start + 2_403));
    });
  });
}

describe('the tail', () => {
  it('reads the lines of a batch of changes once, however many follow', async () => {
    const ledger = ledgerOf(0);
    const tail = createTail(ledger);
    const leave = new AbortController();
    const seen = range(1, 300).map(() => 0);
    const following = seen.map(async (_, i) => {
      for await (const lines of follow(ledger, tail, 0, leave.signal))
        seen[i] = lines.at(-1)?.seq ?? (seen[i] as number);
    });
    for (let batch = 1; batch <= 5; batch += 1) {
      for (let i = 0; i < 300; i += 1) {
        ledger.count += 1;
        tail.poke();
      }
      await expect.poll(() => seen.every((seq) => seq === ledger.count), { interval: 5 }).toBe(true);
      expect(ledger.asked.lines).toBe(batch);
    }
    expect(ledger.asked.size).toBeLessThan(20);
    expect(tail.first()).toBe(501);
    leave.abort();
    await Promise.all(following);
  });

  it('holds so many lines and so many characters at most; what is larger is read by each', async () => {
    for (const [count, text, held] of [
      [5_000, '', 1_000],
      [20, 'x'.repeat(2 ** 20), 3],
      [3, 'x'.repeat(5 * 2 ** 20), 0],
    ] as const) {
      const ledger = ledgerOf(count, text);
      const tail = createTail(ledger);
      expect(seqs(await taken(ledger, tail, 0, count))).toEqual(range(1, count));
      expect(tail.first()).toBe(count - held + 1);
    }
  });

  it('goes over lines that are gone', async () => {
    const ledger = ledgerOf(3_000);
    const { lines } = ledger;
    ledger.lines = async function* (from, to) {
      for await (const line of lines(from, to)) if (line.seq % 1_000 > 300 || line.seq === 2_200) yield line;
    };
    const seen = seqs(await taken(ledger, createTail(ledger), 0, 2_999));
    expect(seen).toEqual(range(1, 2_999).filter((seq) => seq % 1_000 > 300 || seq === 2_200));
  });

  it('keeps nothing of followers that went, and asks nothing without any', async () => {
    const ledger = ledgerOf(10);
    const tail = createTail(ledger);
    const signals = range(1, 50).map(() => new AbortController());
    const following = signals.map(async ({ signal }) => {
      for await (const _ of follow(ledger, tail, 10, signal));
    });
    await sleep(30);
    for (const { signal } of signals) expect(getEventListeners(signal, 'abort')).toHaveLength(1);
    for (const one of signals) one.abort();
    await Promise.all(following);
    for (const { signal } of signals) expect(getEventListeners(signal, 'abort')).toHaveLength(0);
    const { size } = ledger.asked;
    tail.poke();
    await sleep(1_300);
    expect(ledger.asked.size).toBe(size);
    ledger.count = 12;
    expect(seqs(await taken(ledger, tail, 10, 12))).toEqual([11, 12]);
  });

  it('a ledger that cannot be read ends those who wait; who comes later follows again', async () => {
    const ledger = ledgerOf(5);
    const { size } = ledger;
    ledger.size = () => Promise.reject(new Error('away'));
    const tail = createTail(ledger);
    const following = range(1, 3).map(() => taken(ledger, tail, 2, 5));
    for (const one of following) await expect(one).rejects.toThrow('away');
    ledger.size = size;
    expect(seqs(await taken(ledger, tail, 2, 5))).toEqual([3, 4, 5]);
  });

  it('does not keep the process alive', async () => {
    const at = (file: string) => JSON.stringify(new URL(file, import.meta.url).href);
    const code = `import { follow } from ${at('./follow.ts')};
      import { createTail } from ${at('./tail.ts')};
      const ledger = { size: async () => 0, lines: async function* () {} };
      follow(ledger, createTail(ledger), 0, new AbortController().signal).next();`;
    await promisify(execFile)(process.execPath, ['--input-type=module', '-e', code], { timeout: 20_000 });
  });
});

describe('a stream lets go of its slot', () => {
  const t = useRegistry(databases.sqlite, { http: { eventStreams: 1, uploadIdleMs: 300 } });

  async function open(): Promise<{ status: number | undefined; leave(): void }> {
    const { host, port } = await t.listen();
    const asked = request({ host, port, path: '/api/v1/events/stream' }).end();
    const [answer] = await once(asked, 'response'); // and never read
    asked.on('error', () => {});
    return { status: answer.statusCode, leave: () => asked.destroy() };
  }

  it('when its client does not read', async () => {
    const { events } = t.registry;
    const before = events.follow;
    const signals: AbortSignal[] = [];
    events.follow = async function* (_after, signal) {
      signals.push(signal);
      for (let seq = 1; !signal.aborted; seq += 1) yield [{ seq, line: 'x'.repeat(2 ** 20) }];
    };
    const stalled = await open();
    const other = await open();
    expect([stalled.status, other.status]).toEqual([200, 503]);
    await expect.poll(() => signals[0]?.aborted, { timeout: 5_000 }).toBe(true);
    events.follow = before;
    const again = await open();
    expect(again.status).toBe(200);
    for (const one of [stalled, other, again]) one.leave();
  });

  it('when its client went before it began', async () => {
    const { ledger } = t.registry;
    const { size } = ledger;
    const { host, port } = await t.listen();
    const asked = request({ host, port, path: '/api/v1/events/stream' }).on('error', () => {});
    const answered = new Promise<void>((resolve) => {
      ledger.size = async () => {
        asked.destroy();
        await sleep(100);
        resolve();
        return size();
      };
    });
    asked.end();
    await answered;
    await sleep(50);
    ledger.size = size;
    const again = await open();
    expect(again.status).toBe(200);
    again.leave();
  });
});
