import type { Lineage, Source } from '../../contract/version.ts';
import type { Reader } from '../../db/database.ts';
import { prepareRead } from '../../db/prepared.ts';
import type { RunTable } from '../../db/tables.ts';
import { isPrompt } from '../models/prompts.ts';
import { getModel } from '../models/repository.ts';
import { Refused, refuse } from '../refusals.ts';
import { pathOf } from '../runs/locations.ts';
import { requireLoggedModel } from '../runs/logged-model.ts';
import { latestOfModel } from '../search/latest.ts';
import type { Origin, Pick as Picked } from './origin.ts';
import { findNumber, getVersion, type VersionRow } from './repository.ts';

/** What a client says of where a version comes from. */
export interface Named {
  uri: string;
  origin: Origin;
  run_id: string | undefined;
  model_id: string | undefined;
}

/** The same, once it is known what it names. */
export interface Resolved {
  uri: string;
  run_id: string | undefined;
  model_id: string | undefined;
  /** Where its files are: those of another version, or all below the first of these paths at which there are any. */
  files?: { below: string[] } | { of: VersionRow };
  /** Where a client finds the files where they are not the version's own, if not at `uri`. */
  location?: string;
  base?: { model: string; version: number };
  /** The logged model that it is made from, if it is there. */
  logged_model?: string;
}

/** Finds what a source names, and refuses a run or logged model that it does not belong to. Opens nothing. */
export async function resolveSource(reader: Reader, named: Named): Promise<Resolved> {
  const { uri, origin, run_id, model_id } = named;
  const asked = { uri, run_id: run_id || undefined, model_id: model_id || undefined };
  if (origin.kind === 'version') return resolveVersion(reader, named, origin);
  if (asked.model_id !== undefined) return resolveLoggedModel(reader, { ...asked, model_id: asked.model_id }, origin);
  switch (origin.kind) {
    case 'logged-model':
      return refuseSource(uri, 'model_id');
    case 'run': {
      if (origin.run_id !== asked.run_id) refuseSource(uri, 'run_id');
      const run = await findRun(reader, origin.run_id);
      return { ...asked, ...(run && { files: { below: await placesOf(reader, run, origin.path) } }) };
    }
    case 'stored': {
      const run = await findRun(reader, asked.run_id ?? '');
      const below = run && pathOf(run.artifact_uri);
      if (below === undefined || !isBelow(origin.path, below)) refuseSource(uri, 'run_id');
      return { ...asked, files: { below: [origin.path] } };
    }
    case 'local': {
      const run = await findRun(reader, asked.run_id ?? '');
      if (!run || !isLocalBelow(origin.path, run.artifact_uri)) refuseLocal(uri, 'run_id');
      return asked;
    }
    case 'elsewhere':
      return asked;
  }
}

async function resolveLoggedModel(
  reader: Reader,
  asked: Resolved & { model_id: string },
  origin: Exclude<Origin, { kind: 'version' }>,
): Promise<Resolved> {
  const { uri, model_id } = asked;
  if (origin.kind === 'run' || (origin.kind === 'logged-model' && origin.model_id !== model_id))
    refuseSource(uri, 'model_id');
  const logged = await requireLoggedModel(reader, model_id, false);
  const resolved = { ...asked, logged_model: model_id, run_id: asked.run_id ?? (logged.source_run_id || undefined) };
  const below = pathOf(logged.artifact_location);
  if (origin.kind === 'logged-model')
    return below === undefined
      ? { ...resolved, location: logged.artifact_location }
      : { ...resolved, files: { below: [below] }, location: logged.artifact_location };
  if (origin.kind === 'stored') {
    if (below === undefined || !isBelow(origin.path, below)) refuseSource(uri, 'model_id');
    return { ...resolved, files: { below: [origin.path] } };
  }
  if (origin.kind === 'local' && !isLocalBelow(origin.path, logged.artifact_location)) refuseLocal(uri, 'model_id');
  return resolved;
}

/** A copy keeps run and files of the version that it is made from, whatever becomes of that one. */
async function resolveVersion(
  reader: Reader,
  { uri, run_id, model_id }: Named,
  { model: name, pick }: Origin & { kind: 'version' },
): Promise<Resolved> {
  const model = await getModel(reader, name);
  if (isPrompt(JSON.parse(model.tags)))
    refuse(
      'invalid',
      `Invalid model version source: '${uri}'. Prompt versions cannot be used as model version sources.`,
      { errors: [{ path: '/source', message: 'names a prompt' }] },
    );
  const row = await pickVersion(reader, model.id, name, pick);
  const lineage = (row.lineage === null ? {} : JSON.parse(row.lineage)) as Lineage;
  const source = (row.source === null ? undefined : JSON.parse(row.source)) as Source | undefined;
  const differs = (asked: string | undefined, is: string | undefined) => asked !== undefined && asked !== (is ?? '');
  if (differs(run_id, lineage.run_id) || differs(model_id, source?.model_id))
    refuse(
      'invalid',
      `Invalid model version source: '${uri}'. The run_id and model_id request parameters must match the referenced model version.`,
      { errors: [{ path: '/source', message: 'is not of that run or logged model' }] },
    );
  const location = source && !source.protected ? (source.location ?? source.uri) : undefined;
  return {
    uri: `models:/${name}/${row.number}`,
    run_id: lineage.run_id,
    model_id: source?.model_id,
    files: { of: row },
    ...(location !== undefined && { location }),
    base: { model: name, version: row.number },
  };
}

async function pickVersion(reader: Reader, model_id: number, name: string, pick: Picked): Promise<VersionRow> {
  const number =
    'number' in pick
      ? pick.number
      : 'highestIn' in pick &&
        (await latestOfModel(reader, model_id)).find(({ status }) => status === pick.highestIn)?.number;
  const row = number && (await findNumber(reader, model_id, number));
  return row && row.deregistered === null ? row : (await getVersion(reader, name, refOf(pick))).row;
}

function refOf(pick: Picked): string {
  if ('number' in pick) return String(pick.number);
  if ('highestIn' in pick) return pick.highestIn;
  return 'latest' in pick || pick.alias.toLowerCase() === 'latest' ? 'latest' : `@${pick.alias}`;
}

type Run = Pick<RunTable, 'run_id' | 'artifact_uri'>;

const runById = prepareRead<{ run_id: string }, Run>((db, param) =>
  db.selectFrom('run').select(['run_id', 'artifact_uri']).where('run_id', '=', param('run_id')),
);

async function findRun(reader: Reader, run_id: string): Promise<Run | undefined> {
  return run_id === '' ? undefined : (await runById(reader, { run_id }))[0];
}

/** A path of a run, or the logged model of that name: its files stand elsewhere, but clients take it for a folder of the run. */
async function placesOf(reader: Reader, run: Run, path: string): Promise<string[]> {
  const [name, ...rest] = partsOf(path);
  const logged = name === undefined ? [] : await loggedBy(reader, { run_id: run.run_id, name });
  const roots = [
    [run.artifact_uri, ...(name === undefined ? [] : [name])],
    ...logged.map((one) => [one.artifact_location]),
  ];
  return roots.flatMap(([uri = '', ...parts]) => {
    const below = pathOf(uri);
    return below === undefined ? [] : [[below, ...parts, ...rest].join('/')];
  });
}

const loggedBy = prepareRead<{ run_id: string; name: string }, { artifact_location: string }>((db, param) =>
  db
    .selectFrom('logged_model')
    .select('artifact_location')
    .where('source_run_id', '=', param('run_id'))
    .where('name', '=', param('name'))
    .where('deleted_at', 'is', null)
    .orderBy('creation_time', 'desc')
    .orderBy('model_id', 'desc')
    .limit(1),
);

function partsOf(path: string): string[] {
  return path.split('/').filter((part) => part !== '');
}

function isBelow(path: string, root: string): boolean {
  return root !== '' && (path === root || path.startsWith(`${root}/`));
}

/** Whether a path is in the folder of a run that keeps its files on some machine: by its text, nothing is looked up. */
function isLocalBelow(path: string, artifact_uri: string): boolean {
  const folder = artifact_uri.replace(/^file:(?:\/\/)?/, '');
  const parts = partsOf(folder);
  const own = partsOf(path);
  return folder.startsWith('/') && parts.length > 0 && parts.every((part, i) => own[i] === part);
}

function refuseSource(uri: string, parameter: string): never {
  throw new Refused(
    'invalid',
    `Invalid model version source: '${uri}'. The ${parameter} request parameter must identify the resource that contains the source.`,
    { errors: [{ path: '/source', message: `is not of what ${parameter} names` }] },
  );
}

function refuseLocal(uri: string, parameter: string): never {
  throw new Refused(
    'invalid',
    `Invalid model version source: '${uri}'. To use a local path as a model version source, the ${parameter} request parameter has to be specified and the local path has to be contained within the artifact directory of the run specified by the ${parameter}.`,
    { errors: [{ path: '/source', message: `is not in the folder of what ${parameter} names` }] },
  );
}
