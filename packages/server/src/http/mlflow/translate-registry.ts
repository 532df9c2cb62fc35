import type { Source } from '../../contract/version.ts';
import type { ModelRow } from '../../registry/models/repository.ts';
import type { VersionRow } from '../../registry/versions/repository.ts';
import { STAGES } from './registry-fields.ts';

/** What of a version's row MLflow shows. */
export type ShownVersion = Pick<
  VersionRow,
  | 'model_id'
  | 'number'
  | 'status'
  | 'description'
  | 'tags'
  | 'lineage'
  | 'source'
  | 'aliases'
  | 'created_at'
  | 'updated_at'
>;
export type ShownModel = Pick<ModelRow, 'name' | 'description' | 'tags' | 'aliases' | 'created_at' | 'updated_at'>;

/**
 * MLflow's ModelVersion as JSON (`mlflow/entities/model_registry/model_version.py`), put together from the columns. The
 * texts are there even where they are empty, and the status always: the client waits minutes for one that is absent.
 */
export function toMlflowVersion(row: ShownVersion, model: string): string {
  const source = row.source === null ? undefined : (JSON.parse(row.source) as Source);
  const run_id = row.lineage === null ? undefined : (JSON.parse(row.lineage) as { run_id?: string }).run_id;
  return `{"name":${quote(model)},"version":"${row.number}","creation_timestamp":${row.created_at},\
"last_updated_timestamp":${row.updated_at},"current_stage":"${STAGES[row.status]}","description":${quote(row.description ?? '')},\
"source":${quote(source?.uri ?? ownUri(row))},"run_id":${quote(run_id ?? '')},"run_link":${quote(source?.run_link ?? '')},\
"status":"READY"${source?.model_id === undefined ? '' : `,"model_id":${quote(source.model_id)}`}${tagsOf(row.tags)}${
    row.aliases === '[]' ? '' : `,"aliases":${row.aliases}`
  }}`;
}

/** MLflow's RegisteredModel as JSON. Empty text and empty lists are left out. */
export function toMlflowModel(row: ShownModel, latest: readonly ShownVersion[]): string {
  const versions = latest.map((version) => toMlflowVersion(version, row.name)).join(',');
  return `{"name":${quote(row.name)},"creation_timestamp":${row.created_at},"last_updated_timestamp":${row.updated_at}${
    row.description ? `,"description":${quote(row.description)}` : ''
  }${versions ? `,"latest_versions":[${versions}]` : ''}${tagsOf(row.tags)}${aliasesOf(row.aliases)}}`;
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
export function ownUri({ model_id, number }: Pick<VersionRow, 'model_id' | 'number'>): string {
  return `mlflow-artifacts:/versions/${model_id}/${number}`;
}

const quote = (text: string): string => JSON.stringify(text);
