import { LIMITS } from '../../contract/limits.ts';
import type { Metrics } from '../../contract/shapes.ts';
import type { Lineage, Version } from '../../contract/version.ts';
import type { Reader } from '../../db/database.ts';
import { prepareRead } from '../../db/prepared.ts';
import { refuseField } from '../refusals.ts';
import type { Resolved } from './resolve.ts';

/** What a version takes over of the run or the logged model that it comes from: lineage and metrics, as they are now. */
export async function provenanceOf(
  reader: Reader,
  { run_id, model_id, files, base }: Resolved,
): Promise<Pick<Version, 'lineage' | 'metrics'>> {
  if (files && 'of' in files) {
    const { lineage, metrics } = files.of;
    const copied = lineage === null ? {} : (JSON.parse(lineage) as Lineage);
    return {
      lineage: { ...copied, ...(base && { base: { ...base, relation: 'copy' } }) },
      metrics: JSON.parse(metrics),
    };
  }
  if (run_id === undefined) return { lineage: null, metrics: await metricsOf(reader, model_id, undefined) };
  if ([...run_id].length > LIMITS.lineageText)
    refuseField('/run_id', `must have at most ${LIMITS.lineageText} characters`);
  const told = await gitOf(reader, { run_id });
  if (told.length === 0) return { lineage: { run_id }, metrics: await metricsOf(reader, model_id, undefined) };
  const tags = new Map(told.map(({ key, value }) => [key, value]));
  const git_commit = textOf(tags.get('mlflow.source.git.commit'));
  const git_url = textOf(tags.get('mlflow.source.git.repoURL'));
  const datasets = (await datasetsOf(reader, { run_id })).map(toDataset);
  const lineage: Lineage = {
    run_id,
    ...(git_commit && { git_commit }),
    ...(git_url && { git_url }),
    ...(datasets.length > 0 && { datasets }),
  };
  return { lineage, metrics: await metricsOf(reader, model_id, run_id) };
}

function textOf(text: unknown): string | undefined {
  return typeof text === 'string' && text !== '' && [...text].length <= LIMITS.lineageText ? text : undefined;
}

/** At least one row of a run that is kept here, and none of another, of which nothing else is asked then. */
const gitOf = prepareRead<{ run_id: string }, { key: string | null; value: string | null }>((db, param) =>
  db
    .selectFrom('run')
    .leftJoin('run_tag', (join) =>
      join
        .onRef('run_tag.run_id', '=', 'run.run_id')
        .on('run_tag.key', 'in', ['mlflow.source.git.commit', 'mlflow.source.git.repoURL']),
    )
    .select(['run_tag.key', 'run_tag.value'])
    .where('run.run_id', '=', param('run_id')),
);

type Dataset = { name: string; digest: string; source: string };

const datasetsOf = prepareRead<{ run_id: string }, Dataset>((db, param) =>
  db
    .selectFrom('run_dataset')
    .innerJoin('dataset', 'dataset.id', 'run_dataset.dataset_id')
    .select(['dataset.name', 'dataset.digest', 'dataset.source'])
    .where('run_dataset.run_id', '=', param('run_id'))
    .orderBy('dataset.id')
    .limit(LIMITS.datasets),
);

/** MLflow keeps where a data set is as JSON that depends on its kind. */
function toDataset({ name, digest, source }: Dataset): NonNullable<Lineage['datasets']>[number] {
  const uri = uriIn(source);
  return { name, ...(digest && { digest }), ...(uri && { uri }) };
}

function uriIn(source: string): string | undefined {
  try {
    const told = JSON.parse(source);
    return textOf(told?.uri) ?? textOf(told?.url) ?? textOf(told?.path);
  } catch {
    return undefined;
  }
}

interface Point {
  key: string;
  value: number;
  is_nan: number;
}

/** The latest points of the run, and over them those that were logged for the model itself. */
async function metricsOf(reader: Reader, model_id: string | undefined, run_id: string | undefined): Promise<Metrics> {
  const ofRun = run_id === undefined ? [] : await pointsOfRun(reader, { run_id });
  const points = [...ofRun, ...(model_id === undefined ? [] : await pointsOfModel(reader, { model_id }))];
  // Of a key with several points the last one counts: they come in order.
  const metrics = new Map(
    points
      .filter(({ key }) => key !== '' && [...key].length <= LIMITS.metricName)
      .map(({ key, value, is_nan }) => [key, is_nan ? ('NaN' as const) : value]),
  );
  return Object.fromEntries([...metrics].slice(0, LIMITS.metrics));
}

const pointsOfRun = prepareRead<{ run_id: string }, Point>((db, param) =>
  db
    .selectFrom('latest_metric')
    .select(['key', 'value', 'is_nan'])
    .where('run_id', '=', param('run_id'))
    .orderBy('key')
    .limit(LIMITS.metrics),
);

const pointsOfModel = prepareRead<{ model_id: string }, Point>((db, param) =>
  db
    .selectFrom('logged_model_metric')
    .select(['key', 'value', 'is_nan'])
    .where('model_id', '=', param('model_id'))
    .orderBy('key')
    .orderBy('step')
    .orderBy('timestamp')
    .orderBy('value')
    .limit(10 * LIMITS.metrics),
);
