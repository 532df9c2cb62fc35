import { expect } from 'vitest';
import { verifyCheckpoint } from '../../src/events/checkpoint.ts';
import { appendLeaf, type Frontier, leafHash, rootOf } from '../../src/events/merkle.ts';
import { verifyLedger } from '../../src/events/verify.ts';
import { getText } from './client.ts';

/** Keeps every checkpoint it was given, and holds the ledger against them. */
export interface Witness {
  /** Takes the present checkpoint; it need not be held against the lines before `follow`. */
  note(server: string): Promise<void>;
  /** Reads the lines that came since, and holds all new checkpoints against the tree of every line ever read. */
  follow(server: string): Promise<void>;
  /** Reads the whole ledger again, and holds every checkpoint against it. Answers its size. */
  verifyAll(server: string): Promise<number>;
}

export async function openWitness(server: string): Promise<Witness> {
  const vkey = (await getText(server, '/ledger/key')).trim();
  const checkpoints: string[] = [];
  let open: { size: number; root: string }[] = [];
  let frontier: Frontier = [];
  let size = 0;
  let last = Buffer.alloc(32).toString('hex');

  async function note(server: string): Promise<void> {
    const text = await getText(server, '/ledger/checkpoint');
    const read = verifyCheckpoint(text, vkey);
    if (!read.ok) throw new Error(`the checkpoint does not verify: ${JSON.stringify(read)}`);
    checkpoints.push(text);
    open.push({ size: read.size, root: Buffer.from(read.root).toString('hex') });
  }

  function settle(): void {
    const root = Buffer.from(rootOf(frontier)).toString('hex');
    for (const one of open.filter((checkpoint) => checkpoint.size === size)) expect(one).toEqual({ size, root });
    open = open.filter((checkpoint) => checkpoint.size !== size);
  }

  return {
    note,
    async follow(server) {
      await note(server);
      for (const line of linesOf(await getText(server, `/ledger/export?from=${size + 1}`))) {
        const { seq, prev } = JSON.parse(line);
        expect({ seq, prev }).toEqual({ seq: size + 1, prev: last });
        const leaf = leafHash(line);
        frontier = appendLeaf(frontier, size, leaf).frontier;
        size += 1;
        last = Buffer.from(leaf).toString('hex');
        settle();
      }
      settle();
      expect(open, 'checkpoints of a size that was not passed').toEqual([]);
    },
    async verifyAll(server) {
      const lines = linesOf(await getText(server, '/ledger/export'));
      const report = await verifyLedger(inOrder(lines), { checkpoints, vkey });
      expect(report.problems).toEqual([]);
      expect(report.checkpoints.filter(({ outcome }) => outcome !== 'agrees')).toEqual([]);
      return report.size;
    },
  };
}

const linesOf = (text: string): string[] => text.split('\n').slice(0, -1);

async function* inOrder(lines: string[]): AsyncGenerator<string> {
  yield* lines;
}
