import { Type } from 'typebox';
import { NewVersion, Version, VersionPage, VersionPatch } from '../../contract/version.ts';
import type { Registry } from '../../registry/registry.ts';
import { callerOf } from '../auth.ts';
import { DeregisterQuery } from './models.ts';
import {
  ActorHeader,
  type Api,
  AsOf,
  assertNoBody,
  IdempotencyHeader,
  IfMatchHeader,
  IfNoneMatchHeader,
  ifMatchOf,
  ListQuery,
  moment,
  NameParam,
  NotModified,
  pathOfModel,
  responses,
  sendDocument,
  sendJson,
  sendTagged,
  VersionParams,
  WRITES,
} from './route.ts';

const tags = ['Versions'];
const AT = '/models/:name/versions/:ref';

export function versionRoutes(app: Api, { versions }: Registry): void {
  app.post(
    '/models/:name/versions',
    {
      schema: {
        operationId: 'createVersion',
        summary: 'Create the next version: a draft, open',
        tags,
        params: NameParam,
        body: NewVersion,
        headers: Type.Object(IdempotencyHeader),
        response: responses({ 201: Version }, ...WRITES),
      },
    },
    async (request, reply) => {
      const version = await versions.create(callerOf(request), request.params.name, request.body);
      reply.code(201).header('location', `${pathOfModel(version.model)}/versions/${version.number}`);
      return sendTagged(reply, version);
    },
  );

  app.get(
    '/models/:name/versions',
    {
      schema: {
        operationId: 'listVersionsOfModel',
        summary: 'List and search the versions of a model',
        tags,
        params: NameParam,
        querystring: ListQuery,
        response: responses({ 200: VersionPage }),
      },
    },
    async ({ params, query: { as_of, ...query } }, reply) =>
      sendJson(reply, await versions.listJson({ ...query, model: params.name, at: moment(as_of) })),
  );

  app.get(
    '/versions',
    {
      schema: {
        operationId: 'listVersions',
        summary: 'List and search versions over all models',
        tags,
        querystring: ListQuery,
        response: responses({ 200: VersionPage }),
      },
    },
    async ({ query: { as_of, ...query } }, reply) =>
      sendJson(reply, await versions.listJson({ ...query, at: moment(as_of) })),
  );

  app.get(
    AT,
    {
      schema: {
        operationId: 'getVersion',
        summary: 'One version',
        tags,
        params: VersionParams,
        querystring: Type.Object(AsOf, { additionalProperties: false }),
        headers: Type.Object(IfNoneMatchHeader),
        response: responses({ 200: Version, 304: NotModified }),
      },
    },
    async (request, reply) => {
      const { name, ref } = request.params;
      return sendDocument(request, reply, await versions.getJson(name, ref, moment(request.query.as_of)));
    },
  );

  app.patch(
    AT,
    {
      schema: {
        operationId: 'describeVersion',
        summary: "Change a version's metadata (JSON merge patch)",
        tags,
        params: VersionParams,
        body: VersionPatch,
        headers: Type.Object({ ...ActorHeader, ...IfMatchHeader }),
        response: responses({ 200: Version }, ...WRITES),
      },
    },
    async (request, reply) => {
      const { name, ref } = request.params;
      const version = await versions.describe(callerOf(request), name, ref, request.body, ifMatchOf(request));
      return sendTagged(reply, version);
    },
  );

  app.delete(
    AT,
    {
      schema: {
        operationId: 'deregisterVersion',
        summary: 'Move a version to the trash',
        tags,
        params: VersionParams,
        querystring: DeregisterQuery,
        headers: Type.Object({ ...ActorHeader, ...IfMatchHeader }),
        response: responses({ 200: Version }, ...WRITES),
      },
    },
    (request) => {
      const { name, ref } = request.params;
      return versions.deregister(callerOf(request), name, ref, request.query, ifMatchOf(request));
    },
  );

  app.post(
    `${AT}/restore`,
    {
      schema: {
        operationId: 'restoreVersion',
        summary: 'Take a version out of the trash',
        tags,
        params: VersionParams,
        headers: Type.Object(IdempotencyHeader),
        response: responses({ 200: Version }, ...WRITES),
      },
    },
    async (request, reply) => {
      assertNoBody(request);
      const { name, ref } = request.params;
      return sendTagged(reply, await versions.restore(callerOf(request), name, ref));
    },
  );

  app.post(
    `${AT}/purge`,
    {
      schema: {
        operationId: 'purgeVersion',
        summary: 'Leave only the tombstone of a version in the trash',
        tags,
        params: VersionParams,
        headers: Type.Object(IdempotencyHeader),
        response: responses({ 200: Version }, ...WRITES),
      },
    },
    async (request) => {
      assertNoBody(request);
      return versions.purge(callerOf(request), request.params.name, request.params.ref);
    },
  );

  app.post(
    `${AT}/seal`,
    {
      schema: {
        operationId: 'sealVersion',
        summary: 'Freeze the artifacts and compute the digest',
        tags,
        params: VersionParams,
        headers: Type.Object({ ...IdempotencyHeader, ...IfMatchHeader }),
        response: responses({ 200: Version }, ...WRITES),
      },
    },
    async (request, reply) => {
      assertNoBody(request);
      const { name, ref } = request.params;
      return sendTagged(reply, await versions.seal(callerOf(request), name, ref, ifMatchOf(request)));
    },
  );
}
