import type { Reader } from '../db/database.ts';
import { getModel, type ModelRow } from '../registry/models/repository.ts';
import { parseRef } from '../registry/refs.ts';
import { refuse } from '../registry/refusals.ts';
import { findNumber, getVersion, type VersionRow } from '../registry/versions/repository.ts';

/**
 * The version that a pack is asked for. By its number one in the trash is found too, and one that was purged: its history
 * is in the ledger for ever. What is not sealed has no bytes of its own yet that anything could be evidence of.
 */
export async function getSealed(
  reader: Reader,
  name: string,
  ref: string,
): Promise<{ model: ModelRow; row: VersionRow & { digest: string } }> {
  const { model, row } = (await findByNumber(reader, name, ref)) ?? (await getVersion(reader, name, ref));
  const { digest } = row;
  if (digest !== null) return { model, row: { ...row, digest } };
  const sealing =
    row.deregistered === null ? ' Seal it first with POST /models/{name}/versions/{ref}/seal.' : ' It never was.';
  return refuse('version-open', `Version ${row.number} of ${name} is not sealed.${sealing}`, {
    model: name,
    number: row.number,
  });
}

async function findByNumber(reader: Reader, name: string, ref: string) {
  const parsed = parseRef(ref);
  if (parsed?.kind !== 'number') return undefined;
  const model = await getModel(reader, name);
  const row = await findNumber(reader, model.id, parsed.number);
  return row && { model, row };
}
