import type { Lineage, Source } from '../../contract/version.ts';
import type { ListedModel } from '../../registry/models/listed.ts';
import type { VersionPlace } from '../../registry/versions/find.ts';
import type { ListedVersion, SourcedVersion } from '../../registry/versions/listed.ts';
import { STAGES } from './registry-fields.ts';

/**
 * MLflow's ModelVersion as JSON (`mlflow/entities/model_registry/model_version.py`), put together from the columns. The
 * texts are there even where they are empty, and the status always: the client waits minutes for one that is absent.
 */
export function toMlflowVersion(row: ListedVersion | SourcedVersion, model: string): string {
  return `{"name":${quote(model)},"version":"${row.number}","creation_timestamp":${row.created_at},\
"last_updated_timestamp":${row.updated_at},"current_stage":"${STAGES[row.status]}",\
"description":${row.description === null ? '""' : quote(row.description)},${sourceOf(row)},"run_id":${runOf(row.lineage)},\
"status":"READY"${tagsOf(row.tags)}${row.aliases === '[]' ? '' : `,"aliases":${row.aliases}`}}`;
}

/** MLflow's RegisteredModel as JSON. Empty text and empty lists are left out. */
export function toMlflowModel(row: Omit<ListedModel, 'id'>, latest: readonly ListedVersion[]): string {
  const versions = latest.map((version) => toMlflowVersion(version, row.name)).join(',');
  return `{"name":${quote(row.name)},"creation_timestamp":${row.created_at},"last_updated_timestamp":${row.updated_at}${
    row.description ? `,"description":${quote(row.description)}` : ''
  }${versions ? `,"latest_versions":[${versions}]` : ''}${tagsOf(row.tags)}${aliasesOf(row.aliases)}}`;
}

/*
 * The columns hold JSON as JSON.stringify writes it, so that what is needed of it is cut out as it stands. Parsing it to
 * write most of it again took longer than the query. A string is one run of a class, and of escapes and such runs;
 * members follow each other, so that none is looked for further on.
 */
const FIRST_IS_RUN = /^\{"run_id":("[^"\\]*(?:\\.[^"\\]*)*")/;
const OPEN_SOURCE = /^\{"uri":("[^"\\]*(?:\\.[^"\\]*)*"),"protected":false\}$/;
const TEXT_MEMBER = /(,?)("[^"\\]*(?:\\.[^"\\]*)*"):("[^"\\]*(?:\\.[^"\\]*)*")/gy;
const NUMBER_MEMBER = /(,?)("[^"\\]*(?:\\.[^"\\]*)*"):(\d+)/gy;
const PLAIN_SOURCE = /^\{"uri":("[^"\\]*(?:\\.[^"\\]*)*"),"protected":(?:true|false)\}$/;

/** Of a lineage, which may name many data sets, only the run: mostly the first of its members. */
function runOf(json: string | null): string {
  if (json === null) return '""';
  return FIRST_IS_RUN.exec(json)?.[1] ?? quote((JSON.parse(json) as Lineage).run_id ?? '');
}

/** What a version was made from; of one that was uploaded to, where its files are. */
function sourceOf(row: ListedVersion | SourcedVersion): string {
  if (row.source === null) return `"source":${quote(ownUri(row as ListedVersion))},"run_link":""`;
  const plain = PLAIN_SOURCE.exec(row.source)?.[1];
  if (plain !== undefined) return `"source":${plain},"run_link":""`;
  const { uri, run_link = '', model_id } = JSON.parse(row.source) as Source;
  const model = model_id === undefined ? '' : `,"model_id":${quote(model_id)}`;
  return `"source":${quote(uri)},"run_link":${quote(run_link)}${model}`;
}

function tagsOf(json: string): string {
  if (json === '{}') return '';
  return `,"tags":[${json.slice(1, -1).replace(TEXT_MEMBER, '$1{"key":$2,"value":$3}')}]`;
}

function aliasesOf(json: string): string {
  if (json === '{}') return '';
  return `,"aliases":[${json.slice(1, -1).replace(NUMBER_MEMBER, '$1{"alias":$2,"version":"$3"}')}]`;
}

/** Where a client finds the files of a version, as JSON: its own, or else where the source says they are. */
export function toDownloadUri(place: VersionPlace): string {
  if (place.source === null) return quote(ownUri(place));
  const open = OPEN_SOURCE.exec(place.source)?.[1];
  if (open !== undefined) return open;
  const source = JSON.parse(place.source) as Source;
  return quote(source.protected ? ownUri(place) : (source.location ?? source.uri));
}

/** A list as MLflow answers it: `{}` where it is empty. */
export function toMlflowList(key: string, items: readonly string[], next_page_token: string | null = null): string {
  const list = items.length > 0 ? `"${key}":[${items.join(',')}]` : '';
  const token = next_page_token === null ? '' : `"next_page_token":${quote(next_page_token)}`;
  return `{${list}${list && token ? ',' : ''}${token}}`;
}

/** Where the files of a version are that are its own: named by what no renaming changes. */
export function ownUri({ model_id, number }: Pick<ListedVersion, 'model_id' | 'number'>): string {
  return `mlflow-artifacts:/versions/${model_id}/${number}`;
}

const quote = (text: string): string => JSON.stringify(text);
