import type { Artifact } from '../../contract/artifact.ts';
import type { Reader } from '../../db/database.ts';
import { prepareLookup } from '../../db/prepared.ts';
import { keyOf } from '../names.ts';
import { refuse } from '../refusals.ts';
import { findArtifact, findArtifactByKey } from '../versions/artifacts.ts';
import { placeOf } from './paths.ts';

/** A file as it is sent. */
export type FileFound = Pick<Artifact, 'path' | 'size_bytes' | 'sha256' | 'media_type'>;

const byPath = prepareLookup<{ path: string }, FileFound>((db, param) =>
  db
    .selectFrom('file')
    .innerJoin('inspection', 'inspection.sha256', 'file.sha256')
    .select(['file.path', 'file.size_bytes', 'file.sha256', 'inspection.media_type'])
    .where('file.path', '=', param('path')),
);

const byKey = prepareLookup<{ path_key: string }, FileFound>((db, param) =>
  db
    .selectFrom('file')
    .innerJoin('inspection', 'inspection.sha256', 'file.sha256')
    .select(['file.path', 'file.size_bytes', 'file.sha256', 'inspection.media_type'])
    .where('file.path_key', '=', param('path_key')),
);

/**
 * The file at a path, which may lead into a version; undefined where there is none. MLflow's client decodes the names that
 * it lists, so that `per%cent` is asked for with U+FFFD in the place of what encodes nothing: as the path's key has it.
 */
export async function findFile(reader: Reader, path: string): Promise<FileFound | undefined> {
  const place = placeOf(path);
  const isDecoded = path.includes('\ufffd');
  if (place.of === 'files') {
    const [file] = await byPath(reader, { path });
    return file ?? (isDecoded ? (await byKey(reader, { path_key: keyOf(path) }))[0] : undefined);
  }
  if (place.of === 'versions') return undefined;
  const version_id = await versionAt(reader, place);
  if (place.path === '') return undefined;
  const artifact = await findArtifact(reader, version_id, place.path);
  return artifact ?? (isDecoded ? findArtifactByKey(reader, version_id, keyOf(place.path)) : undefined);
}

const live = prepareLookup<{ model_id: number; number: number }, { id: number }>((db, param) =>
  db
    .selectFrom('version')
    .innerJoin('model', 'model.id', 'version.model_id')
    .select('version.id')
    .where('version.model_id', '=', param('model_id'))
    .where('version.number', '=', param('number'))
    .where('version.deregistered', 'is', null)
    .where('model.deregistered', 'is', null),
);

/** The id of a version that is not deregistered, nor its model. */
export async function versionAt(reader: Reader, place: { model_id: number; number: number }): Promise<number> {
  const [version] = await live(reader, { model_id: place.model_id, number: place.number });
  if (version) return version.id;
  const ref = String(place.number);
  refuse('version-not-found', `There is no version ${ref} here: it was deregistered, or never was.`, {
    model: String(place.model_id),
    ref,
  });
}
