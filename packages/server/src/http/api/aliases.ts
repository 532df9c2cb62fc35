import { Type } from 'typebox';
import { Model } from '../../contract/model.ts';
import { Promotion } from '../../contract/promotion.ts';
import { Reason, VersionNumber } from '../../contract/shapes.ts';
import { Version } from '../../contract/version.ts';
import type { Registry } from '../../registry/registry.ts';
import { callerOf } from '../auth.ts';
import { sendPromotion } from './promotions.ts';
import {
  ActorHeader,
  type Api,
  AsOf,
  IfMatchHeader,
  IfNoneMatchHeader,
  ifMatchOf,
  moment,
  NotModified,
  responses,
  sendDocument,
  sendTagged,
  WRITES,
} from './route.ts';

const tags = ['Life cycle'];
const AliasParams = Type.Object({
  name: Type.String({ description: 'Name of the model, percent-encoded', examples: ['churn'] }),
  alias: Type.String({ examples: ['champion'] }),
});

export function aliasRoutes(app: Api, { models, versions }: Registry): void {
  app.get(
    '/models/:name/aliases/:alias',
    {
      schema: {
        operationId: 'getAlias',
        summary: 'The version that an alias points at',
        tags,
        params: AliasParams,
        querystring: Type.Object(AsOf, { additionalProperties: false }),
        headers: Type.Object(IfNoneMatchHeader),
        response: responses({ 200: Version, 304: NotModified }),
      },
    },
    async (request, reply) => {
      const { name, alias } = request.params;
      return sendDocument(request, reply, await versions.getJson(name, `@${alias}`, moment(request.query.as_of)));
    },
  );

  app.put(
    '/models/:name/aliases/:alias',
    {
      schema: {
        operationId: 'setAlias',
        summary: 'Point an alias at a version',
        tags,
        params: AliasParams,
        body: Type.Object(
          {
            version: Type.Union([VersionNumber, Type.String({ minLength: 1, maxLength: 300 })], {
              description: 'A number, or any ref',
              examples: [7],
            }),
            reason: Type.Optional(Reason),
            force: Type.Optional(
              Type.Boolean({ description: 'Where the alias is protected, although a check fails; needs a reason' }),
            ),
          },
          { title: 'NewAlias', additionalProperties: false },
        ),
        headers: Type.Object({ ...ActorHeader, ...IfMatchHeader }),
        response: responses({ 200: Model, 202: Promotion }, ...WRITES),
      },
    },
    async (request, reply) => {
      const { name, alias } = request.params;
      const { version, reason, force } = request.body;
      const asked = { ifMatch: ifMatchOf(request), reason, force };
      const set = await models.setAlias(callerOf(request), name, alias, String(version), asked);
      return set.waiting ? sendPromotion(reply, set.waiting) : sendTagged(reply, set.model);
    },
  );

  app.delete(
    '/models/:name/aliases/:alias',
    {
      schema: {
        operationId: 'removeAlias',
        summary: 'Take an alias away',
        tags,
        params: AliasParams,
        headers: Type.Object({ ...ActorHeader, ...IfMatchHeader }),
        response: responses({ 200: Model }, ...WRITES),
      },
    },
    async (request, reply) => {
      const { name, alias } = request.params;
      return sendTagged(
        reply,
        await models.removeAlias(callerOf(request), name, alias, { ifMatch: ifMatchOf(request) }),
      );
    },
  );
}
