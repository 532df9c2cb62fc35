import { normalize } from 'node:path/posix';
import { LIMITS } from '../../contract/limits.ts';
import type { Tags } from '../../contract/shapes.ts';
import type { Status } from '../../contract/version.ts';
import { charactersOf, problemOfName } from '../../registry/names.ts';
import type { Fields } from './fields.ts';
import { refuseParameter } from './refused.ts';

/** What the registry's part of MLflow's API asks of its fields, in its words (`mlflow/utils/validation.py`). */

/** `_validate_model_name`, and what else no model can be called here. */
export function assertModelName(name: string, field = 'name'): void {
  if (name.trim() === '') refuseParameter(`Missing value for required parameter '${field}'.`);
  if (/[/:]/.test(name)) refuseParameter(`Invalid model name '${name}'. Names cannot contain '/' or ':'.`);
  const problem = problemOfName(name);
  if (problem) refuseParameter(`Invalid value ${told(name)} for parameter '${field}' supplied: A name ${problem}.`);
}

/** The number that a text stands for, as Python's `int` reads it (`_validate_model_version`). */
export function readVersion(text: string): number {
  if (!/^\s*[+-]?\d+(_\d+)*\s*$/.test(text)) refuseParameter(`Parameter 'version' must be an integer, got '${text}'.`);
  return Number(text.replaceAll('_', ''));
}

/** `_validate_model_alias_name`: what can be asked for, although `latest` and `v1` cannot be set. */
export function assertAliasForm(alias: string): void {
  if (!/^[\p{L}\p{M}\p{N}\p{Pc}-]+$/u.test(alias))
    refuseParameter(
      `Invalid alias name: '${alias}'. Names may only contain alphanumerics, underscores (_), and dashes (-).`,
    );
  assertLength('Registered model alias name', alias, LIMITS.alias);
}

/** `_validate_model_alias_name_reserved` */
export function assertAliasFree(alias: string): void {
  if (alias.toLowerCase() === 'latest') refuseParameter(`'latest' alias name (case insensitive) is reserved.`);
  if (/^v\d+$/i.test(alias)) refuseParameter(`Version alias name '${alias}' is reserved.`);
}

/** The tags of a create, each checked; of a key that comes twice the last one counts. */
export function readTags(fields: Fields): Tags {
  const tags = new Map<string, string>();
  for (const tag of fields.objects('tags')) {
    const key = tag.text('key') ?? '';
    const value = tag.text('value') ?? '';
    assertTag(key, value);
    tags.set(key, value);
  }
  return Object.fromEntries(tags);
}

/** `_validate_registered_model_tag`, `_validate_model_version_tag` */
export function assertTag(key: string, value: string): void {
  assertTagKey(key);
  if (key === 'mlflow.prompt.text' && charactersOf(value) > LIMITS.tagValue)
    refuseParameter(`Prompt text exceeds max length of ${LIMITS.tagValue} characters.`);
  assertLength('value', value, LIMITS.tagValue);
}

/** `_validate_tag_name`: an alphabet, and no key that is another one when read as a path. */
export function assertTagKey(key: string): void {
  const supplied = `Invalid value ${told(key)} for parameter 'key' supplied:`;
  if (!/^[\p{L}\p{N}_/.\- :]*$/u.test(key))
    refuseParameter(
      `${supplied} Names may only contain alphanumerics, underscores (_), dashes (-), periods (.), spaces ( ), colon(:) and slashes (/).`,
    );
  const path = normalize(key).replace(/\/$/, '');
  if (path !== key || path === '.' || path.startsWith('..') || path.startsWith('/'))
    refuseParameter(
      `${supplied} Names may be treated as files in certain cases, and must not resolve to other names when treated as such. This name would resolve to '${path}'`,
    );
  assertLength('key', key, LIMITS.tagKey);
}

/** A description; empty text is none. */
export function readDescription(fields: Fields): string | null {
  const description = fields.text('description') ?? '';
  assertLength('description', description, LIMITS.description);
  return description === '' ? null : description;
}

function assertLength(what: string, text: string, most: number): void {
  if (charactersOf(text) > most) refuseParameter(`'${what}' exceeds the maximum length of ${most} characters`);
}

/** As it stands in a message: JSON, and no more than can be read. */
function told(text: string): string {
  return JSON.stringify(text.length > 200 ? `${text.slice(0, 200)}...` : text);
}

/** MLflow's stages are the statuses. */
export const STAGES: Record<Status, string> = {
  draft: 'None',
  staging: 'Staging',
  production: 'Production',
  archived: 'Archived',
};

/** `get_canonical_stage`: in any case. */
export function readStage(stage: string): Status {
  const found = Object.entries(STAGES).find(([, name]) => name.toLowerCase() === stage.toLowerCase());
  if (found) return found[0] as Status;
  refuseParameter(`Invalid Model Version stage: ${stage}. Value must be one of ${Object.values(STAGES).join(', ')}.`);
}
