import { Type } from 'typebox';
import { Model, ModelPage, ModelPatch, NewModel } from '../../contract/model.ts';
import { ModelName, Reason } from '../../contract/shapes.ts';
import type { Registry } from '../../registry/registry.ts';
import { callerOf } from '../auth.ts';
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
  WRITES,
} from './route.ts';

const tags = ['Models'];

/** Why something goes to the trash, and whether it goes although it is live. */
export const DeregisterQuery = Type.Object(
  {
    reason: Reason,
    force: Type.Boolean({ default: false, description: 'Also when a version is in production' }),
  },
  { additionalProperties: false },
);

export function modelRoutes(app: Api, { models }: Registry): void {
  app.post(
    '/models',
    {
      schema: {
        operationId: 'registerModel',
        summary: 'Register a model',
        tags,
        body: NewModel,
        headers: Type.Object(IdempotencyHeader),
        response: responses({ 201: Model }, ...WRITES),
      },
    },
    async (request, reply) => {
      const model = await models.register(callerOf(request), request.body);
      reply.code(201).header('location', pathOfModel(model.name));
      return sendTagged(reply, model);
    },
  );

  app.get(
    '/models',
    {
      schema: {
        operationId: 'listModels',
        summary: 'List and search models',
        tags,
        querystring: ListQuery,
        response: responses({ 200: ModelPage }),
      },
    },
    async ({ query: { as_of, ...query } }, reply) =>
      sendJson(reply, await models.listJson({ ...query, at: moment(as_of) })),
  );

  app.get(
    '/models/:name',
    {
      schema: {
        operationId: 'getModel',
        summary: 'One model',
        tags,
        params: NameParam,
        querystring: Type.Object(AsOf, { additionalProperties: false }),
        headers: Type.Object(IfNoneMatchHeader),
        response: responses({ 200: Model, 304: NotModified }),
      },
    },
    async (request, reply) => {
      const model = await models.getJson(request.params.name, moment(request.query.as_of));
      return sendDocument(request, reply, model);
    },
  );

  app.patch(
    '/models/:name',
    {
      schema: {
        operationId: 'describeModel',
        summary: "Change a model's metadata (JSON merge patch)",
        tags,
        params: NameParam,
        body: ModelPatch,
        headers: Type.Object({ ...ActorHeader, ...IfMatchHeader }),
        response: responses({ 200: Model }, ...WRITES),
      },
    },
    async (request, reply) => {
      const model = await models.describe(callerOf(request), request.params.name, request.body, ifMatchOf(request));
      return sendTagged(reply, model);
    },
  );

  app.post(
    '/models/:name/rename',
    {
      schema: {
        operationId: 'renameModel',
        summary: 'Give a model another name',
        tags,
        params: NameParam,
        body: Type.Object({ name: ModelName }, { title: 'NewName', additionalProperties: false }),
        headers: Type.Object(IdempotencyHeader),
        response: responses({ 200: Model }, ...WRITES),
      },
    },
    async (request, reply) => {
      const model = await models.rename(callerOf(request), request.params.name, request.body.name);
      reply.header('location', pathOfModel(model.name));
      return sendTagged(reply, model);
    },
  );

  app.delete(
    '/models/:name',
    {
      schema: {
        operationId: 'deregisterModel',
        summary: 'Move a model to the trash',
        tags,
        params: NameParam,
        querystring: DeregisterQuery,
        headers: Type.Object({ ...ActorHeader, ...IfMatchHeader }),
        response: responses({ 200: Model }, ...WRITES),
      },
    },
    (request) => models.deregister(callerOf(request), request.params.name, request.query, ifMatchOf(request)),
  );

  app.post(
    '/models/:name/restore',
    {
      schema: {
        operationId: 'restoreModel',
        summary: 'Take a model out of the trash',
        tags,
        params: NameParam,
        headers: Type.Object(IdempotencyHeader),
        response: responses({ 200: Model }, ...WRITES),
      },
    },
    async (request, reply) => {
      assertNoBody(request);
      return sendTagged(reply, await models.restore(callerOf(request), request.params.name));
    },
  );

  app.post(
    '/models/:name/purge',
    {
      schema: {
        operationId: 'purgeModel',
        summary: 'Leave only the tombstone of a model in the trash',
        tags,
        params: NameParam,
        headers: Type.Object(IdempotencyHeader),
        response: responses({ 200: Model }, ...WRITES),
      },
    },
    async (request) => {
      assertNoBody(request);
      return models.purge(callerOf(request), request.params.name);
    },
  );
}
