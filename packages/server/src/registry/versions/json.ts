import { toTime } from '../../contract/time.ts';
import type { VersionRow } from './repository.ts';

/** What `JSON.stringify(toVersion(row, model))` gives, byte for byte. What needs no quotes or escapes is put in as it stands. */
export function toVersionJson(row: VersionRow, model: string): string {
  return `{"model":${quote(model)},"number":${row.number},"status":"${row.status}","state":"${row.state}",\
"digest":${quote(row.digest)},"size_bytes":${row.size_bytes},"artifact_count":${row.artifact_count},\
"verdict":"${row.verdict}","description":${quote(row.description)},"tags":${row.tags},\
"properties":${row.properties},"card":${quote(row.card)},"framework":${quote(row.framework)},\
"signature":${row.signature},"lineage":${row.lineage},"source":${row.source},"aliases":${row.aliases},\
"metrics":${row.metrics},"created_at":"${toTime(row.created_at)}","created_by":${quote(row.created_by)},\
"updated_at":"${toTime(row.updated_at)}","etag":${row.etag},"deregistered":${row.deregistered}}`;
}

const quote = (text: string | null): string => JSON.stringify(text);
