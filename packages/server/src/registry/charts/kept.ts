import type { Reader } from '../../db/database.ts';
import { prepareRead } from '../../db/prepared.ts';
import type { Scanned } from './scan.ts';
import { type Place, queriesOf } from './scan-queries.ts';

/** What scans found, as long as it holds: a million points are looked through once, and not for each picture. */
export interface Kept {
  find(read: Reader, of: Place & { most: number }, scan: () => Promise<Scanned>): Promise<Scanned>;
}

interface Entry {
  /** What the points were when they were looked through. */
  state: string;
  until: number;
  found: Promise<Scanned>;
}

const MOST = 64;
/** Of linked points nobody counts how many there are: one that was logged later for an earlier time is seen after so long. */
const LINKED_MS = 60_000;

export function createKept(now: () => number): Kept {
  const entries = new Map<string, Entry>();
  return {
    async find(read, of, scan) {
      const key = JSON.stringify([of.of, of.owner, of.name, of.most]);
      const state = await stateOf(read, of);
      const known = entries.get(key);
      entries.delete(key);
      const isGood = known?.state === state && known.until > now();
      const entry = isGood
        ? known
        : { state, until: of.of === 'version' ? Number.POSITIVE_INFINITY : now() + LINKED_MS, found: scan() };
      entries.set(key, entry);
      const [oldest] = entries.keys();
      if (entries.size > MOST && oldest !== undefined) entries.delete(oldest);
      entry.found.catch(() => entries.delete(key));
      return entry.found;
    },
  };
}

const counted = prepareRead<{ version_id: number; name: string }, { points: number }>((db, param) =>
  db
    .selectFrom('latest_point')
    .select('points')
    .where('version_id', '=', param('version_id'))
    .where('name', '=', param('name')),
);

/** Own points are only ever added, and counted. Of linked ones the first and the last are known. */
async function stateOf(read: Reader, { of, owner, name }: Place): Promise<string> {
  if (of === 'version') return JSON.stringify(await counted(read, { version_id: owner as number, name }));
  const { first, last } = queriesOf(of, 'major');
  return JSON.stringify([await first(read, { owner, name }), await last(read, { owner, name })]);
}
