import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import type { Child } from '../../registry/files/list.ts';
import type { Registry } from '../../registry/registry.ts';
import { pathOf } from '../../registry/runs/locations.ts';
import { listedPath } from './artifact-paths.ts';
import type { AddRoute } from './door.ts';
import { MlflowRefused, refuseParameter } from './refused.ts';

type Send = (path: string, request: FastifyRequest, reply: FastifyReply) => Promise<FastifyReply>;

/** As MLflow lists them: no size for folders, nor for empty files, and nothing at all where there is nothing. */
export function filesOf(children: readonly Child[], folder = ''): { files?: object[] } {
  if (children.length === 0) return {};
  return {
    files: children.map(({ name, size_bytes }) => ({
      path: folder === '' ? name : `${folder}/${name}`,
      is_dir: size_bytes === undefined,
      ...(size_bytes ? { file_size: size_bytes } : {}),
    })),
  };
}

/** Lists and files of runs, logged models and versions: what MLflow's own pages ask for. */
export function artifactListRoutes(app: FastifyInstance, route: AddRoute, registry: Registry, send: Send): void {
  const { files } = registry;

  route('GET', '/artifacts/list', async (fields) => {
    const root = await rootOfRun(
      registry,
      fields.text('run_id') || fields.text('run_uuid') || fields.required('run_id'),
    );
    return listBelow(registry, root, fields.text('path'));
  });

  route('GET', '/logged-models/:model_id/artifacts/directories', async (fields) => {
    const model_id = fields.required('model_id');
    const root = (await files.rootOfLoggedModel(model_id)) ?? refuseLoggedModel(model_id);
    return listBelow(registry, root, fields.text('artifact_directory_path'));
  });

  route('POST', '/artifacts/presigned-upload-url', async (fields) => {
    const [run_id, model_id] = [fields.text('run_id'), fields.text('model_id')];
    fields.required('path');
    if (Boolean(run_id) === Boolean(model_id)) refuseParameter('Exactly one of run_id and model_id must be provided.');
    return refusePresigned('upload');
  });
  route('POST', '/artifacts/presigned-download-url', async (fields) => {
    fields.required('run_id');
    fields.required('path');
    return refusePresigned('download');
  });

  const schema = { hide: true };
  app.get('/get-artifact', { schema, exposeHeadRoute: false }, async (request, reply) => {
    const query = queryOf(request);
    const root = await rootOfRun(registry, query('run_id') || query('run_uuid') || missing('run_id'));
    return send(below(root, query('path') || missing('path')), request, reply);
  });
  app.get('/model-versions/get-artifact', { schema, exposeHeadRoute: false }, async (request, reply) => {
    const query = queryOf(request);
    const root = await files.rootOfVersion(query('name') || missing('name'), query('version') || missing('version'));
    return send(`${root}/${query('path') || missing('path')}`, request, reply);
  });
  app.get(
    '/ajax-api/2.0/mlflow/logged-models/:model_id/artifacts/files',
    { schema, exposeHeadRoute: false },
    async (request, reply) => {
      const { model_id } = request.params as { model_id: string };
      const root = (await files.rootOfLoggedModel(model_id)) ?? refuseLoggedModel(model_id);
      return send(below(root, queryOf(request)('artifact_file_path') || missing('artifact_file_path')), request, reply);
    },
  );
}

async function listBelow({ files }: Registry, root: string, path: string | undefined) {
  const folder = listedPath(path);
  const at = pathOf(root);
  // What is kept elsewhere is not ours to open.
  const children = at === undefined ? [] : await files.list(folder === '' ? at : `${at}/${folder}`);
  return { root_uri: root, ...filesOf(children, folder) };
}

function below(root: string, path: string): string {
  const at = pathOf(root);
  if (at === undefined) refuseParameter(`The artifacts of ${root} are not kept here, and nothing else is opened.`);
  return `${at}/${path}`;
}

async function rootOfRun({ files }: Registry, run_id: string): Promise<string> {
  const root = await files.rootOfRun(run_id);
  if (root !== undefined) return root;
  throw new MlflowRefused('RESOURCE_DOES_NOT_EXIST', `Run with id=${run_id} not found`);
}

function refuseLoggedModel(model_id: string): never {
  throw new MlflowRefused('RESOURCE_DOES_NOT_EXIST', `Logged model with ID '${model_id}' not found.`);
}

function refusePresigned(what: 'upload' | 'download'): never {
  refuseParameter(
    `Presigned ${what} is not supported for proxied artifact storage (artifact URI scheme: mlflow-artifacts). This endpoint requires a direct cloud storage artifact URI.`,
  );
}

function queryOf({ query }: FastifyRequest): (name: string) => string | undefined {
  return (name) => {
    const value = (query as Record<string, unknown>)[name];
    return typeof value === 'string' ? value : undefined;
  };
}

function missing(name: string): never {
  refuseParameter(`Missing value for required parameter '${name}'.`);
}
