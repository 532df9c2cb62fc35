import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import type { Registry } from '../../registry/registry.ts';
import { sendStored } from '../api/downloads.ts';
import { expectedOf, withBody } from '../api/read-body.ts';
import { cutWhenStalled } from '../api/route.ts';
import { artifactListRoutes, filesOf } from './artifact-lists.ts';
import { AT_ARTIFACTS, listedPath, pathOf } from './artifact-paths.ts';
import { acceptBodies, PREFIXES, routesOf } from './door.ts';
import { multipartRoutes, partRoutes } from './multipart.ts';
import { MlflowRefused, refuseParameter } from './refused.ts';

export interface ProxyOptions {
  /** A sender or reader that stalls for so long is cut. */
  idleMs: number;
}

/** The artifact proxy (`mlflow/store/artifact/mlflow_artifacts_repo.py`), and what shows artifacts to people. */
export function artifactRoutes(app: FastifyInstance, registry: Registry, options: ProxyOptions): void {
  const { idleMs } = options;
  const schema = { hide: true };
  for (const prefix of PREFIXES) {
    const url = `${prefix}${AT_ARTIFACTS}/*`;
    app.put(url, { schema }, (request, reply) => putFile(registry, request, reply, idleMs));
    // A HEAD route of its own: the one that the framework makes of GET would read the bytes to throw them away.
    app.route({
      method: ['HEAD', 'GET'],
      url,
      exposeHeadRoute: false,
      schema,
      handler: (request, reply) => sendFile(registry, pathOf(request), request, cutWhenStalled(reply, idleMs)),
    });
    app.delete(url, { schema }, async (request) => {
      await registry.files.remove(pathOf(request).replace(/\/$/, ''));
      return {};
    });
    app.get(`${prefix}${AT_ARTIFACTS}`, { schema, exposeHeadRoute: false }, async (request) =>
      filesOf(await registry.files.list(listedPath((request.query as Record<string, unknown>).path))),
    );
    app.get(`${prefix}/mlflow-artifacts/presigned/*`, { schema, exposeHeadRoute: false }, () => {
      throw new MlflowRefused(
        'NOT_IMPLEMENTED',
        'Multipart download is not supported for the current artifact repository: files are read from where they are listed, in ranges if you like.',
      );
    });
  }
  partRoutes(app, registry, idleMs);
  app.register(async (json) => {
    acceptBodies(json);
    multipartRoutes(json, registry);
    artifactListRoutes(json, routesOf(json), registry, (path, request, reply) =>
      sendFile(registry, path, request, cutWhenStalled(reply, idleMs)),
    );
  });
}

async function putFile(
  registry: Registry,
  request: FastifyRequest,
  reply: FastifyReply,
  idleMs: number,
): Promise<FastifyReply> {
  await withBody(request, reply, idleMs, async (body) =>
    registry.files.put(pathOf(request), body, expectedOf(request)),
  );
  return reply.code(200).header('content-length', 0).send();
}

async function sendFile(
  registry: Registry,
  path: string,
  request: FastifyRequest,
  reply: FastifyReply,
): Promise<FastifyReply> {
  if (path === '' || path.endsWith('/')) refuseFolder(path);
  const file = await registry.files.find(path);
  if (file) return sendStored(registry, file, request, reply);
  if (await registry.files.isFolder(path)) refuseFolder(path);
  throw new MlflowRefused('RESOURCE_DOES_NOT_EXIST', `No such artifact: '${path}'`);
}

function refuseFolder(path: string): never {
  refuseParameter(`Artifact path refers to a directory, not a file: '${path}'`);
}
