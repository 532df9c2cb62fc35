import { LIMITS } from '../../contract/limits.ts';
import { charactersOf } from '../../registry/names.ts';
import type { Origin } from '../../registry/versions/origin.ts';
import { refuseParameter } from './refused.ts';
import { readStage } from './registry-fields.ts';

/**
 * Reads the source of a version (`mlflow/server/handlers.py`, `_create_model_version`), as text: nothing that it names is
 * opened. Refuses what names a host, and paths that are not plain.
 */
export function readSource(uri: string): Origin {
  if (charactersOf(uri) > LIMITS.lineageText)
    refuseParameter(`'source' exceeds the maximum length of ${LIMITS.lineageText} characters`);
  const scheme = /^([a-z][a-z0-9+.-]*):/i.exec(uri)?.[1]?.toLowerCase();
  const rest = scheme === undefined ? uri : uri.slice(scheme.length + 1);
  const host = /^\/\/([^/?#]*)/.exec(rest)?.[1];
  if (scheme !== undefined) assertNoHost(scheme, host);
  if (scheme === 'models') return readModelUri(uri, rest, host);
  if (scheme === undefined || scheme === 'file') return { kind: 'local', path: readLocalPath(uri, scheme, host) };
  assertPlain(uri, rest);
  if (scheme === 'runs') {
    const [, run_id = '', path = ''] = /^\/([^/]+)(?:\/(.*))?$/su.exec(rest) ?? [];
    if (host || run_id === '') refuseSource(uri, 'run_id');
    return { kind: 'run', run_id, path };
  }
  return scheme === 'mlflow-artifacts' ? { kind: 'stored', path: partsOf(rest).join('/') } : { kind: 'elsewhere' };
}

/** What a prompt names as its source: its text is in a tag. */
export function readPromptSource(uri: string): Origin {
  if (uri !== 'dummy-source' && uri !== 'prompt-template')
    refuseParameter(`Invalid prompt source: '${uri}'. Prompt sources must use an MLflow placeholder.`);
  return { kind: 'elsewhere' };
}

/** Schemes whose address names a host (`mlflow/store/artifact/host_policy.py`). */
const WITH_HOST = new Set(['ftp', 'sftp', 'hdfs', 'viewfs', 'http', 'https', 'r2', 'b2', 'abfss']);

function assertNoHost(scheme: string, host: string | undefined): void {
  if (!WITH_HOST.has(scheme) && !(scheme === 'mlflow-artifacts' && host)) return;
  refuseParameter(
    `'source' cannot use the '${scheme}' scheme: it addresses a host other than the tracking server's configured artifact storage.`,
  );
}

/** `models:/name/3`, `models:/name/Production`, `models:/name/latest`, `models:/name@alias` or `models:/m-…`. Names are taken as they are written. */
function readModelUri(uri: string, rest: string, host: string | undefined): Origin {
  if (host !== undefined)
    refuseParameter(
      `Invalid model version source: '${uri}'. Registered model sources must use the active model registry.`,
    );
  const [, name = '', suffix] = /^\/+([^/]+)(?:\/([^/]+))?$/su.exec(rest) ?? [];
  if (name.trim() === '' || suffix?.trim() === '') refuseSource(uri, 'model_id');
  if (suffix !== undefined) return { kind: 'version', model: name, pick: readSuffix(suffix) };
  const at = name.lastIndexOf('@');
  if (at === -1) return { kind: 'logged-model', model_id: name };
  if (at === 0 || name.slice(at + 1).trim() === '') refuseSource(uri, 'model_id');
  return { kind: 'version', model: name.slice(0, at), pick: { alias: name.slice(at + 1) } };
}

function readSuffix(suffix: string): (Origin & { kind: 'version' })['pick'] {
  if (/^\d+$/.test(suffix)) return { number: Number(suffix) };
  return suffix.toLowerCase() === 'latest' ? { latest: true } : { highestIn: readStage(suffix) };
}

function readLocalPath(uri: string, scheme: string | undefined, host: string | undefined): string {
  const path = scheme === undefined ? uri : uri.slice('file:'.length + (host === undefined ? 0 : 2 + host.length));
  const isHere = host === undefined || host === '' || host.startsWith('localhost') || host.startsWith('127.0.0.1');
  if (!isHere || !path.startsWith('/') || decodedFully(path).split('/').includes('..')) refuseLocal(uri);
  return path;
}

export function refuseLocal(uri: string): never {
  refuseParameter(
    `Invalid model version source: '${uri}'. To use a local path as a model version source, the run_id request parameter has to be specified and the local path has to be contained within the artifact directory of the run specified by the run_id.`,
  );
}

function refuseSource(uri: string, parameter: string): never {
  refuseParameter(
    `Invalid model version source: '${uri}'. The ${parameter} request parameter must identify the resource that contains the source.`,
  );
}

/** An absolute path without `.`, `..` or NUL, however often it is encoded. */
function assertPlain(uri: string, rest: string): void {
  const decoded = decodedFully(rest.replaceAll('+', ' '));
  const place = decoded.replace(/^\/\/[^/]*/, '');
  const end = place.search(/[?#]/);
  const path = end === -1 ? place : place.slice(0, end);
  const isPlain = path.startsWith('/') && !decoded.split('/').some((part) => part === '.' || part === '..');
  if (isPlain && !decoded.includes('\u0000')) return;
  refuseParameter(
    `Invalid model version source: '${uri}'. If supplying a source as an http, https, local file path, ftp, objectstore, or mlflow-artifacts uri, an absolute path must be provided without relative path references present. Please provide an absolute path.`,
  );
}

function decodedFully(text: string): string {
  for (let before = text; ; ) {
    const decoded = before.replace(/(?:%[0-9a-f]{2})+/gi, (run) =>
      Buffer.from(run.replaceAll('%', ''), 'hex').toString(),
    );
    if (decoded === before) return decoded;
    before = decoded;
  }
}

/** The names of a path, without empty ones. */
function partsOf(path: string): string[] {
  return path.split('/').filter((part) => part !== '');
}
