import type { Reader } from '../../db/database.ts';
import { getVersion } from '../versions/repository.ts';

/** The URI under which the files of a run are; undefined where there is no such run. */
export async function rootOfRun(reader: Reader, run_id: string): Promise<string | undefined> {
  const row = await reader.selectFrom('run').select('artifact_uri').where('run_id', '=', run_id).executeTakeFirst();
  return row?.artifact_uri;
}

/** The same of a logged model that is not deleted. */
export async function rootOfLoggedModel(reader: Reader, model_id: string): Promise<string | undefined> {
  const row = await reader
    .selectFrom('logged_model')
    .select('artifact_location')
    .where('model_id', '=', model_id)
    .where('deleted_at', 'is', null)
    .executeTakeFirst();
  return row?.artifact_location;
}

/** Where the artifacts of a version are in the tree of files. */
export async function rootOfVersion(reader: Reader, model: string, ref: string): Promise<string> {
  const { row } = await getVersion(reader, model, ref);
  return `versions/${row.model_id}/${row.number}`;
}
