import type { Selectable } from 'kysely';
import type { Caller } from '../contract/actor.ts';
import type { Event, Happening } from '../contract/event.ts';
import { toTime } from '../contract/time.ts';
import type { Writer } from '../db/database.ts';
import { prepareRead, prepareWrite } from '../db/prepared.ts';
import { insertRows } from '../db/rows.ts';
import type { Tables } from '../db/tables.ts';
import { appendLeaf, decodeFrontier, encodeFrontier, leafHash } from './merkle.ts';
import { keepSpans } from './moments.ts';
import { subjectsOf } from './subjects.ts';
import { storedNodes } from './tiles.ts';

/** A change that is about to be written into the ledger. */
export interface Entry {
  at: number;
  caller: Caller;
  happening: Happening;
}

/**
 * Appends events as the last statements of a transaction: sequence numbers without a gap, each line naming the leaf
 * hash of the one before, and the right edge of the Merkle tree. The caller holds the ledger's lock.
 */
export async function append(
  tx: Writer,
  entries: readonly Entry[],
): Promise<{ size: number; frontier: ReturnType<typeof decodeFrontier> }> {
  const [head] = (await readHead(tx, {})) as [Head];
  let { size } = head;
  let frontier = decodeFrontier(head.frontier);
  let last: Uint8Array = head.last_leaf;
  const events = [];
  const subjects = [];
  const tiles = [];
  for (const { at, caller, happening } of entries) {
    const line = lineOf(size + 1, last, at, caller, happening);
    const leaf = leafHash(line);
    const grown = appendLeaf(frontier, size, leaf);
    frontier = grown.frontier;
    size += 1;
    last = leaf;
    events.push({
      seq: size,
      at,
      type: happening.type,
      actor: caller.actor.name,
      subject: happening.subject,
      request_id: caller.request_id,
      line,
      leaf: Buffer.from(leaf),
    });
    subjects.push(...subjectsOf(size, happening.changes));
    for (const { level, index, hash } of storedNodes(grown.created))
      tiles.push({ level, position: index, hash: Buffer.from(hash) });
  }
  await insertRows(tx, 'event', events);
  await insertRows(tx, 'event_subject', subjects);
  await insertRows(tx, 'ledger_tile', tiles);
  await keepSpans(tx, head.size, size);
  await moveHead.send(tx, { size, frontier: Buffer.from(encodeFrontier(frontier)), last_leaf: Buffer.from(last) });
  return { size, frontier };
}

type Head = Selectable<Tables['ledger_head']>;

const readHead = prepareRead<Record<never, never>, Head>((db) =>
  db.selectFrom('ledger_head').selectAll().where('id', '=', 1),
);

const moveHead = prepareWrite<Pick<Head, 'size' | 'frontier' | 'last_leaf'>, never>((db, param) =>
  db
    .updateTable('ledger_head')
    .set({ size: param('size'), frontier: param('frontier'), last_leaf: param('last_leaf') })
    .where('id', '=', 1),
);

/** The leaf: `seq` and `prev` stand first, in fixed places, so that a verifier reads them without parsing the rest. */
function lineOf(seq: number, prev: Uint8Array, at: number, caller: Caller, happening: Happening): string {
  const event: Event = {
    seq,
    prev: Buffer.from(prev).toString('hex'),
    at: toTime(at),
    actor: caller.actor.name,
    verified: caller.actor.verified,
    type: happening.type,
    subject: happening.subject,
    ...(happening.reason !== undefined && { reason: happening.reason }),
    ...(happening.details && { details: happening.details }),
    changes: happening.changes,
    request_id: caller.request_id,
  };
  return JSON.stringify(event);
}
