import type { ComparedFiles } from '../../contract/comparison.ts';
import type { Dialect, Reader } from '../../db/database.ts';
import { prepareRead } from '../../db/prepared.ts';
import { startClock } from '../paging/clock.ts';
import { compareText } from '../search/order.ts';
import { MOST } from './bounds.ts';

interface Entry {
  path: string;
  sha256: string;
  size_bytes: number;
}

const ROWS_TOGETHER = 500;
/** So many paths are held against each other before it is seen how long it took. */
const PATHS_TOGETHER = 200;

const entriesAfter = prepareRead<{ version_id: number; path: string }, Entry>((db, param) =>
  db
    .selectFrom('artifact')
    .select(['path', 'sha256', 'size_bytes'])
    .where('version_id', '=', param('version_id'))
    .where('path', '>', param('path'))
    .orderBy('path')
    .limit(ROWS_TOGETHER),
);

/** A version's files in order of path, read page by page and only as far as they are asked for. */
function openFiles(read: Reader, version_id: number) {
  let rows: Entry[] = [];
  let next = 0;
  let isLast = false;
  return {
    async peek(): Promise<Entry | undefined> {
      if (next === rows.length && !isLast) {
        rows = await entriesAfter(read, { version_id, path: rows.at(-1)?.path ?? '' });
        next = 0;
        isLast = rows.length < ROWS_TOGETHER;
      }
      return rows[next];
    },
    take() {
      next += 1;
    },
  };
}

/** Versions by their files: those with one digest have the same, and are read once. */
export interface Filed {
  version_id: number;
  digest: string | null;
  artifact_count: number;
}

/** The files of each version held against the base's, path by path. All are read side by side, however many there are. */
export async function compareFiles(
  { read, dialect }: { read: Reader; dialect: Dialect },
  of: readonly Filed[],
  base: number,
): Promise<ComparedFiles[]> {
  const clock = startClock(dialect);
  const keyOf = ({ version_id, digest }: Filed) => digest ?? `open ${version_id}`;
  const own = keyOf(of[base]!);
  const others = new Map(of.filter((one) => keyOf(one) !== own).map((one) => [keyOf(one), emptyCount()]));
  const files = new Map(of.map((one) => [keyOf(one), openFiles(read, one.version_id)]));
  for (let seen = 1; others.size > 0; seen += 1) {
    const there = new Map<string, Entry>();
    let first: string | undefined;
    for (const [key, one] of files) {
      const entry = await one.peek();
      if (!entry) continue;
      if (first === undefined || compareText(entry.path, first) < 0) {
        first = entry.path;
        there.clear();
      }
      if (entry.path === first) there.set(key, entry);
    }
    if (first === undefined) break;
    for (const key of there.keys()) files.get(key)!.take();
    for (const [key, counted] of others) note(counted, first, there.get(own), there.get(key));
    if (seen % PATHS_TOGETHER !== 0) continue;
    if (clock.isOver()) {
      for (const counted of others.values()) counted.complete = false;
      break;
    }
    await clock.rest();
  }
  return of.map((one) => others.get(keyOf(one)) ?? { ...emptyCount(), same: one.artifact_count });
}

function emptyCount(): ComparedFiles {
  return { same: 0, changed: 0, added: 0, removed: 0, complete: true, items: [] };
}

function note(counted: ComparedFiles, path: string, was: Entry | undefined, is: Entry | undefined): void {
  if (!was && !is) return;
  if (was?.sha256 === is?.sha256) {
    counted.same += 1;
    return;
  }
  const change = !was ? 'added' : !is ? 'removed' : 'changed';
  counted[change] += 1;
  if (counted.items.length === MOST.files) return;
  counted.items.push({
    path,
    change,
    sha256: is?.sha256 ?? null,
    base_sha256: was?.sha256 ?? null,
    size_bytes: is?.size_bytes ?? null,
    base_size_bytes: was?.size_bytes ?? null,
  });
}
