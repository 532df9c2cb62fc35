import { toTime } from '../../contract/time.ts';
import type { ModelRow } from './repository.ts';

/** What `JSON.stringify(toModel(row))` gives, byte for byte. What needs no quotes or escapes is put in as it stands. */
export function toModelJson(row: ModelRow): string {
  return `{"name":${quote(row.name)},"description":${quote(row.description)},"owner":${quote(row.owner)},\
"tags":${row.tags},"properties":${row.properties},"card":${quote(row.card)},"aliases":${row.aliases},\
"latest_version":${row.latest_version},"version_count":${row.version_count},"live":${row.live},\
"created_at":"${toTime(row.created_at)}","created_by":${quote(row.created_by)},\
"updated_at":"${toTime(row.updated_at)}","etag":${row.etag},"deregistered":${row.deregistered}}`;
}

const quote = (text: string | null): string => JSON.stringify(text);
