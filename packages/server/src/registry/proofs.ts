import type { Ledger } from '../events/ledger.ts';
import { refuse } from './refusals.ts';

const base64 = (hash: Uint8Array) => Buffer.from(hash).toString('base64');

/** That event `seq` is in the tree of `size` events (RFC 6962, 2.1.1). */
export async function proveInclusion(ledger: Ledger, seq: number, asked?: number) {
  const size = await treeSize(ledger, asked);
  if (seq < 1 || seq > size)
    refuse('event-not-found', `There is no event ${seq} in the ledger of ${size} events.`, { seq, size });
  const { leaf, root, proof } = await ledger.inclusion(seq, size);
  return { seq, size, leaf: base64(leaf), root: base64(root), proof: proof.map(base64) };
}

/** That the tree of `from` events is the beginning of the tree of `to` events (RFC 6962, 2.1.2). */
export async function proveConsistency(ledger: Ledger, from: number, asked?: number) {
  const to = await treeSize(ledger, asked);
  if (from < 0 || from > to)
    refuse('event-not-found', `The ledger has ${to} events: from must be 0 to ${to}.`, { seq: from, size: to });
  const { fromRoot, toRoot, proof } = await ledger.consistency(from, to);
  return { from, to, from_root: base64(fromRoot), to_root: base64(toRoot), proof: proof.map(base64) };
}

async function treeSize(ledger: Ledger, asked: number | undefined): Promise<number> {
  const size = await ledger.size();
  if (asked === undefined) return size;
  if (asked > size || asked < 0)
    refuse('event-not-found', `The ledger has ${size} events, fewer than ${asked}.`, { seq: asked, size });
  return asked;
}
