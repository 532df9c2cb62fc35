import { problemOf } from 'assayer-client';
import type { NewVersion, Version } from '../../contract/version.ts';
import { parseRef } from '../../registry/refs.ts';
import { misused, refused } from '../exit.ts';
import { answerOf, endOf, kindOf } from '../server/answer.ts';
import type { Connection } from '../server/connect.ts';

export interface VersionAsked {
  /** An open version to go on with. */
  version?: string;
  /** Register the model: where nobody ever did (undefined), whenever it is not there (true), never (false). */
  create?: boolean | undefined;
  described: NewVersion;
}

/** The version that files go into: a new one, or the open one that is named. */
export async function openVersion(
  { client }: Connection,
  model: string,
  { version: ref, create, described }: VersionAsked,
): Promise<Version> {
  const path = { name: model };
  if (ref !== undefined) {
    if (!parseRef(ref)) throw misused(`"${ref}" names no version.`);
    const found = await answerOf(
      client.GET('/api/v1/models/{name}/versions/{ref}', { params: { path: { ...path, ref } } }),
    );
    if (found.state === 'sealed')
      throw refused(`${model}/${found.number} is sealed: its files are for ever. Push without --version.`);
    return found as Version;
  }
  if (create !== false) await assureModel(client, model, create === true);
  return (await answerOf(
    client.POST('/api/v1/models/{name}/versions', { params: { path }, body: described }),
  )) as Version;
}

/**
 * Registers the model where nobody ever did. A name that was renamed or is in the trash is registered anew only when
 * that is asked for: more likely the caller means the model that bore it.
 */
async function assureModel(client: Connection['client'], name: string, anew: boolean): Promise<void> {
  const found = await client.GET('/api/v1/models/{name}', { params: { path: { name } } });
  if (found.response.ok) return;
  const problem = problemOf(found.error);
  const isUnknown = kindOf(problem) === 'model-not-found';
  if (!isUnknown) throw endOf(found.response.status, found.error);
  if (!anew && (problem?.renamed_to || problem?.deregistered))
    throw refused(problem.detail, ['To register the name anew all the same, repeat with --create.'], problem);
  const { response, error } = await client.POST('/api/v1/models', { body: { name } });
  // Somebody else may have registered it in between, which is as good.
  if (!response.ok && response.status !== 409) throw endOf(response.status, error);
}
