import type { Artifact } from '../../contract/artifact.ts';
import type { Reader } from '../../db/database.ts';
import { prepareRead } from '../../db/prepared.ts';
import { refuse } from '../refusals.ts';
import { findArtifact } from '../versions/artifacts.ts';
import { placeOf } from './paths.ts';

/** A file as it is sent. */
export type FileFound = Pick<Artifact, 'path' | 'size_bytes' | 'sha256' | 'media_type'>;

const byPath = prepareRead<{ path: string }, FileFound>((db, param) =>
  db
    .selectFrom('file')
    .innerJoin('inspection', 'inspection.sha256', 'file.sha256')
    .select(['file.path', 'file.size_bytes', 'file.sha256', 'inspection.media_type'])
    .where('file.path', '=', param('path')),
);

/** The file at a path, which may lead into a version; undefined where there is none. */
export async function findFile(reader: Reader, path: string): Promise<FileFound | undefined> {
  const place = placeOf(path);
  if (place.of === 'files') return (await byPath(reader, { path }))[0];
  if (place.of === 'versions') return undefined;
  const version_id = await versionAt(reader, place);
  return place.path === '' ? undefined : findArtifact(reader, version_id, place.path);
}

const live = prepareRead<{ model_id: number; number: number }, { id: number }>((db, param) =>
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
