import { Type } from 'typebox';
import { Artifact } from '../../contract/artifact.ts';
import { ArtifactList, ArtifactPage } from '../../contract/artifact-page.ts';
import { Manifest } from '../../contract/manifest.ts';
import type { Registry } from '../../registry/registry.ts';
import { callerOf } from '../auth.ts';
import { sendArchive } from './archives.ts';
import { sendArtifact } from './downloads.ts';
import {
  ActorHeader,
  type Api,
  cutWhenStalled,
  DigestHeaders,
  digestsHeld,
  IdempotencyHeader,
  IfMatchHeader,
  IfNoneMatchHeader,
  isHeld,
  NotModified,
  PageQuery,
  RangeHeaders,
  responses,
  VersionParams,
  WRITES,
} from './route.ts';
import { type ArtifactSlot, attach, upload, uploadForm } from './uploads.ts';

const tags = ['Artifacts'];
const AT = '/models/:name/versions/:ref';
const SlotParams = Type.Object({
  name: Type.String({ description: 'Name of the model, percent-encoded', examples: ['churn'] }),
  ref: Type.String({ description: 'A number, `latest`, `@alias` or a status', examples: ['7'] }),
  '*': Type.String({ description: 'Path of the artifact', examples: ['model/model.pkl'] }),
});
const Bytes = Type.String({ format: 'binary', description: 'The bytes' });
const Form = Type.Unsafe<unknown>({
  type: 'object',
  additionalProperties: { type: 'array', items: { type: 'string', format: 'binary' } },
  minProperties: 1,
  description: 'Files under any field names',
});

const slotOf = (params: { name: string; ref: string; '*': string }): ArtifactSlot => ({
  model: params.name,
  ref: params.ref,
  path: params['*'],
});

export function artifactRoutes(app: Api, registry: Registry, idleMs: number): void {
  app.get(
    `${AT}/manifest`,
    {
      schema: {
        operationId: 'getManifest',
        summary: 'The canonical manifest, whose SHA-256 is the digest',
        tags,
        params: VersionParams,
        produces: ['application/json'],
        headers: Type.Object(IfNoneMatchHeader),
        response: responses({ 200: Manifest, 304: NotModified }),
      },
    },
    async (request, reply) => {
      const { name, ref } = request.params;
      const { manifest, digest } = await registry.versions.manifest(name, ref);
      if (digest) reply.header('etag', `"${digest}"`);
      if (digest && isHeld(request, `"${digest}"`)) return reply.code(304).send();
      return reply.type('application/json').serializer(String).send(manifest);
    },
  );

  for (const kind of ['tar', 'zip'] as const)
    app.get(
      `${AT}/archive.${kind}`,
      {
        schema: {
          operationId: kind === 'tar' ? 'getTar' : 'getZip',
          summary: `All artifacts as one ${kind} file, streamed`,
          tags,
          params: VersionParams,
          produces: [kind === 'tar' ? 'application/x-tar' : 'application/zip'],
          headers: Type.Object(IfNoneMatchHeader),
          response: responses({ 200: Bytes, 304: NotModified }),
        },
      },
      (request, reply) =>
        sendArchive(registry, request.params.name, request.params.ref, kind, request, cutWhenStalled(reply, idleMs)),
    );

  app.get(
    `${AT}/artifacts`,
    {
      schema: {
        operationId: 'listArtifacts',
        summary: 'The artifacts of a version, in order of path',
        tags,
        params: VersionParams,
        querystring: Type.Object(PageQuery, { additionalProperties: false }),
        response: responses({ 200: ArtifactPage }),
      },
    },
    ({ params, query }) => registry.artifacts.page(params.name, params.ref, query),
  );

  // A HEAD route of its own: the one that the framework makes of GET would read the bytes to throw them away.
  for (const method of ['HEAD', 'GET'] as const)
    app.route({
      method,
      url: `${AT}/artifacts/*`,
      exposeHeadRoute: false,
      schema: {
        operationId: method === 'GET' ? 'getArtifact' : 'headArtifact',
        summary: 'The bytes of an artifact; ranges and conditions as in RFC 9110',
        tags,
        params: SlotParams,
        produces: ['*/*'], // told from the bytes
        headers: Type.Object({ ...IfNoneMatchHeader, ...RangeHeaders }),
        response: responses({ 200: Bytes, 206: Bytes, 304: NotModified }, 416),
      },
      handler: (request, reply) =>
        sendArtifact(registry, slotOf(request.params), request, cutWhenStalled(reply, idleMs)),
    });

  app.delete(
    `${AT}/artifacts/*`,
    {
      schema: {
        operationId: 'detachArtifact',
        summary: 'Take an artifact out of an open version',
        tags,
        params: SlotParams,
        headers: Type.Object({ ...ActorHeader, ...IfMatchHeader }),
        response: responses({ 204: Type.Null({ description: 'Gone' }) }, ...WRITES),
      },
    },
    async (request, reply) => {
      await registry.artifacts.detach(callerOf(request), slotOf(request.params), digestsHeld(request));
      return reply.code(204).send();
    },
  );
}

/** Routes whose bodies are bytes. */
export function uploadRoutes(app: Api, registry: Registry, idleMs: number): void {
  app.put(
    `${AT}/artifacts/*`,
    {
      schema: {
        operationId: 'putArtifact',
        summary: 'Upload an artifact: the body is the file; or attach known bytes with ?digest=',
        tags,
        consumes: ['application/octet-stream'],
        body: Bytes,
        params: SlotParams,
        querystring: Type.Object(
          {
            digest: Type.Optional(
              Type.String({
                pattern: '^sha256:[0-9a-f]{64}$',
                description: 'With an empty body: attach bytes that the store already has',
              }),
            ),
          },
          { additionalProperties: false },
        ),
        headers: Type.Object({ ...ActorHeader, ...IfMatchHeader, ...DigestHeaders }),
        response: responses({ 200: Artifact, 201: Artifact }, ...WRITES),
      },
    },
    async (request, reply) => {
      const slot = slotOf(request.params);
      const { digest } = request.query;
      const { artifact, created } =
        digest === undefined
          ? await upload(registry, request, reply, slot, idleMs)
          : await attach(registry, request, reply, slot, digest, idleMs);
      reply.code(created ? 201 : 200).header('etag', `"${artifact.sha256}"`);
      return artifact;
    },
  );

  app.post(
    `${AT}/artifacts`,
    {
      schema: {
        operationId: 'postArtifacts',
        summary: 'Upload several files as multipart/form-data; the file name of a part is the path',
        tags,
        consumes: ['multipart/form-data'],
        body: Form,
        params: VersionParams,
        headers: Type.Object(IdempotencyHeader),
        response: responses({ 200: ArtifactList, 201: ArtifactList }, ...WRITES),
      },
    },
    async (request, reply) => {
      const { name: model, ref } = request.params;
      const { items, created } = await uploadForm(registry, request, reply, { model, ref }, idleMs);
      reply.code(created ? 201 : 200);
      return { items };
    },
  );
}
