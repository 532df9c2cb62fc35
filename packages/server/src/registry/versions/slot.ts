import type { Artifact } from '../../contract/artifact.ts';
import type { Reader } from '../../db/database.ts';
import { foldersOf, keyOf } from '../names.ts';
import { refuse } from '../refusals.ts';
import { findArtifact } from './artifacts.ts';
import type { VersionRow } from './repository.ts';

/** What a client's `If-Match` says of the artifact at a path: any, or one of these digests. */
export type HeldBytes = '*' | readonly string[];

export function assertHeld(path: string, there: string | undefined, ifMatch: HeldBytes | undefined): void {
  if (ifMatch === undefined || (there !== undefined && (ifMatch === '*' || ifMatch.includes(there)))) return;
  const is = there === undefined ? 'there is no artifact' : `the ETag is "${there}"`;
  refuse('stale-write', `At ${path} ${is}. Read it again and repeat the change.`, {
    expected: ifMatch === '*' ? '*' : ifMatch.join(', '),
    actual: there ?? null,
  });
}

/** Refuses a slot that cannot take these bytes. Answers the artifact that is there already with the same bytes. */
export async function assertSlot(
  reader: Reader,
  model: string,
  row: VersionRow,
  path: string,
): Promise<Artifact | undefined> {
  if (row.state === 'sealed')
    refuse(
      'version-sealed',
      `Version ${row.number} of ${model} is sealed: its artifacts are for ever. Create a new version.`,
      {
        model,
        number: row.number,
      },
    );
  const there = await reader
    .selectFrom('artifact')
    .select('path')
    .where('version_id', '=', row.id)
    .where((eb) => eb.or([eb('path_key', '=', keyOf(path)), eb('path_key', 'in', [...foldersOf(keyOf(path)), ''])]))
    .executeTakeFirst();
  if (there && there.path === path) return findArtifact(reader, row.id, path);
  const below = there ?? (await firstBelow(reader, row.id, keyOf(path)));
  if (below)
    refuse(
      'path-taken',
      `The path ${path} cannot stand beside ${below.path}: one is a folder of the other, or both read the same.`,
      {
        path,
        by: below.path,
      },
    );
  return undefined;
}

function firstBelow(reader: Reader, version_id: number, folder: string): Promise<{ path: string } | undefined> {
  return reader
    .selectFrom('artifact')
    .select('path')
    .where('version_id', '=', version_id)
    .where('path_key', '>=', `${folder}/`)
    .where('path_key', '<', `${folder}0`) // '0' follows '/'
    .limit(1)
    .executeTakeFirst();
}
