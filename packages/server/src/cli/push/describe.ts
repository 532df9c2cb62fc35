import { readFile } from 'node:fs/promises';
import type { NewVersion } from '../../contract/version.ts';
import { parseMetric, parsePair, parseProperty, toRecord } from '../names.ts';

/** What is said of the version on the command line. */
export interface Described {
  description?: string;
  tag?: string[];
  property?: string[];
  framework?: string;
  metric?: string[];
  runId?: string;
  gitCommit?: string;
  gitUrl?: string;
  card?: string;
}

export async function describeVersion(options: Described): Promise<NewVersion> {
  const { description, tag, property, framework, metric, runId, gitCommit, gitUrl, card } = options;
  const lineage = {
    ...(runId && { run_id: runId }),
    ...(gitCommit && { git_commit: gitCommit }),
    ...(gitUrl && { git_url: gitUrl }),
  };
  return {
    ...(description !== undefined && { description }),
    ...(framework !== undefined && { framework }),
    ...(tag && { tags: toRecord(tag.map(parsePair)) }),
    ...(property && { properties: toRecord(property.map(parseProperty)) }),
    ...(metric && { metrics: toRecord(metric.map(parseMetric)) }),
    ...(card !== undefined && { card: await readFile(card, 'utf8') }),
    ...(Object.keys(lineage).length > 0 && { lineage }),
  };
}
