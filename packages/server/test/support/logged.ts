import { createHash } from 'node:crypto';
import { Readable } from 'node:stream';
import type { Opened } from './open-registry.ts';

/** What a training run leaves: a run or a logged model, and files of it. */

export interface Logged {
  run_id: string;
  artifact_uri: string;
  /** Of the artifacts, without the scheme: `1/<run>/artifacts`. */
  root: string;
}

/** A run, with files by their paths within it. */
export async function logRun(t: Opened, files: Record<string, string> = {}): Promise<Logged> {
  const answer = await t.mlflow('POST', '/runs/create', { experiment_id: '0', start_time: 1 });
  const { run_id, artifact_uri } = answer.json.run.info;
  const root = artifact_uri.replace('mlflow-artifacts:/', '');
  await putFiles(t, root, files);
  return { run_id, artifact_uri, root };
}

/** A logged model of a run, ready, with its files. */
export async function logModel(
  t: Opened,
  run_id: string,
  name: string,
  files: Record<string, string> = {},
): Promise<{ model_id: string; uri: string; root: string }> {
  const asked = { experiment_id: '0', name, source_run_id: run_id };
  const { info } = (await t.mlflow('POST', '/logged-models', asked)).json.model;
  const root = info.artifact_uri.replace('mlflow-artifacts:/', '');
  await putFiles(t, root, files);
  return { model_id: info.model_id, uri: info.artifact_uri, root };
}

export async function putFiles(t: Opened, root: string, files: Record<string, string>): Promise<void> {
  for (const [path, text] of Object.entries(files))
    await t.registry.files.put(`${root}/${path}`, Readable.from([Buffer.from(text)]));
}

export const sha256Of = (text: string): string => createHash('sha256').update(text).digest('hex');
