import type { Lineage, Source } from '../../contract/version.ts';
import type { ListedModel } from '../../registry/row-lists.ts';
import type { ListedVersion } from '../../registry/versions/listed.ts';
import { STAGES } from './registry-fields.ts';

/**
 * MLflow's ModelVersion as JSON (`mlflow/entities/model_registry/model_version.py`), put together from the columns. The
 * texts are there even where they are empty, and the status always: the client waits minutes for one that is absent.
 */
export function toMlflowVersion(row: ListedVersion, model: string): string {
  const source = sourceOf(row.source);
  return `{"name":${quote(model)},"version":"${row.number}","creation_timestamp":${row.created_at},\
"last_updated_timestamp":${row.updated_at},"current_stage":"${STAGES[row.status]}","description":${quote(row.description ?? '')},\
"source":${quote(source?.uri ?? ownUri(row))},"run_id":${quote(runOf(row.lineage))},"run_link":${quote(source?.run_link ?? '')},\
"status":"READY"${source?.model_id === undefined ? '' : `,"model_id":${quote(source.model_id)}`}${tagsOf(row.tags)}${
    row.aliases === '[]' ? '' : `,"aliases":${row.aliases}`
  }}`;
}

/** MLflow's RegisteredModel as JSON. Empty text and empty lists are left out. */
export function toMlflowModel(row: Omit<ListedModel, 'id'>, latest: readonly ListedVersion[]): string {
  const versions = latest.map((version) => toMlflowVersion(version, row.name)).join(',');
  return `{"name":${quote(row.name)},"creation_timestamp":${row.created_at},"last_updated_timestamp":${row.updated_at}${
    row.description ? `,"description":${quote(row.description)}` : ''
  }${versions ? `,"latest_versions":[${versions}]` : ''}${tagsOf(row.tags)}${aliasesOf(row.aliases)}}`;
}

/** Of a lineage, which may name many data sets, only the run: mostly the first of its members. */
function runOf(json: string | null): string {
  if (json === null) return '';
  const first = /^\{"run_id":"([^"\\]*)"/.exec(json);
  return first ? (first[1] as string) : ((JSON.parse(json) as Lineage).run_id ?? '');
}

function sourceOf(json: string | null): Source | undefined {
  return json === null ? undefined : JSON.parse(json);
}

function tagsOf(json: string): string {
  if (json === '{}') return '';
  const tags = Object.entries(JSON.parse(json) as Record<string, string>);
  return `,"tags":[${tags.map(([key, value]) => `{"key":${quote(key)},"value":${quote(value)}}`).join(',')}]`;
}

function aliasesOf(json: string): string {
  if (json === '{}') return '';
  const aliases = Object.entries(JSON.parse(json) as Record<string, number>);
  return `,"aliases":[${aliases.map(([alias, version]) => `{"alias":${quote(alias)},"version":"${version}"}`).join(',')}]`;
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
