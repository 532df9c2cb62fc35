import type { FastifyReply } from 'fastify';
import { Type } from 'typebox';
import { LIMITS } from '../../contract/limits.ts';
import {
  DryRun,
  NewDecision,
  NewPromotion,
  NewRejection,
  NewRollback,
  PROMOTION_STATES,
  Promotion,
  PromotionPage,
} from '../../contract/promotion.ts';
import { Status } from '../../contract/version.ts';
import type { Registry } from '../../registry/registry.ts';
import { actorOf, callerOf } from '../auth.ts';
import { HttpRefused } from '../refused.ts';
import {
  type Api,
  assertNoBody,
  IdempotencyHeader,
  IfMatchHeader,
  ifMatchOf,
  NameParam,
  PageQuery,
  responses,
  sendTagged,
  VersionParams,
  WRITES,
} from './route.ts';

const tags = ['Life cycle'];
const IdParam = Type.Object({ id: Type.Integer({ minimum: 1, maximum: Number.MAX_SAFE_INTEGER }) });
const headers = Type.Object({ ...IdempotencyHeader, ...IfMatchHeader });
const Query = Type.Object(
  {
    model: Type.Optional(Type.String({ description: 'Name of a model' })),
    state: Type.Optional(Type.Enum([...PROMOTION_STATES])),
    by: Type.Optional(Type.String({ maxLength: LIMITS.actor, description: 'Asked for by this actor' })),
    for: Type.Optional(
      Type.String({
        maxLength: LIMITS.actor,
        description: 'Those that wait and that this actor can approve; me is who asks',
        examples: ['me'],
      }),
    ),
    ...PageQuery,
  },
  { additionalProperties: false },
);

/** A promotion that was asked for: 202 while it waits. */
export function sendPromotion(reply: FastifyReply, promotion: Promotion): Promotion {
  if (promotion.state === 'waiting')
    reply.code(202).header('location', `/api/v1/promotions/${promotion.id}`).header('etag', `"${promotion.etag}"`);
  return promotion;
}

export function promotionRoutes(app: Api, { models, versions, promotions }: Registry): void {
  app.post(
    '/models/:name/versions/:ref/promotions',
    {
      schema: {
        operationId: 'promoteVersion',
        summary: 'Move a version to another status, or have it wait for approvals',
        tags,
        params: VersionParams,
        body: NewPromotion,
        headers,
        response: responses({ 200: Promotion, 202: Promotion }, ...WRITES),
      },
    },
    async (request, reply) => {
      const { name, ref } = request.params;
      return sendPromotion(
        reply,
        await versions.promote(callerOf(request), name, ref, request.body, ifMatchOf(request)),
      );
    },
  );

  app.post(
    '/models/:name/rollback',
    {
      schema: {
        operationId: 'rollBack',
        summary: 'Put the previous version back into production',
        tags,
        params: NameParam,
        body: NewRollback,
        headers: Type.Object(IdempotencyHeader),
        response: responses({ 200: Promotion, 202: Promotion }, ...WRITES),
      },
    },
    async (request, reply) =>
      sendPromotion(reply, await models.rollBack(callerOf(request), request.params.name, request.body)),
  );

  app.post(
    '/models/:name/versions/:ref/check',
    {
      schema: {
        operationId: 'checkVersion',
        summary: 'What would become of a promotion, or of an alias that is set: nothing is changed',
        tags,
        params: VersionParams,
        querystring: Type.Object(
          {
            to: Type.Optional(Status),
            alias: Type.Optional(Type.String({ maxLength: LIMITS.alias, description: 'Instead of a status' })),
          },
          { additionalProperties: false },
        ),
        response: responses({ 200: DryRun }, 413, 422),
      },
    },
    (request) => {
      assertNoBody(request);
      const { name, ref } = request.params;
      const { to, alias } = request.query;
      if ((to === undefined) === (alias === undefined))
        throw new HttpRefused(400, 'query-invalid', 'Give either to, a status, or alias.');
      return versions.tryOut(name, ref, alias === undefined ? { to: to as Promotion['to'] & string } : { alias });
    },
  );

  app.get(
    '/promotions',
    {
      schema: {
        operationId: 'listPromotions',
        summary: 'Promotions that were asked for, the newest first',
        tags,
        querystring: Query,
        response: responses({ 200: PromotionPage }),
      },
    },
    (request) => {
      const { for: whom, ...query } = request.query;
      const actor = whom === 'me' ? actorOf(request).name : whom;
      return promotions.list({ ...query, state: query.state as Promotion['state'] | undefined, for: actor });
    },
  );

  app.get(
    '/promotions/:id',
    {
      schema: {
        operationId: 'getPromotion',
        summary: 'One promotion',
        tags,
        params: IdParam,
        response: responses({ 200: Promotion }),
      },
    },
    async (request, reply) => sendTagged(reply, await promotions.get(request.params.id)),
  );

  for (const [verb, body, summary] of [
    ['approve', NewDecision, 'Approve a promotion of somebody else: with the last approval it is executed, or refused'],
    ['reject', NewRejection, 'End a promotion that waits, and say why'],
    ['cancel', NewDecision, 'Withdraw a promotion that waits'],
  ] as const)
    app.post(
      `/promotions/:id/${verb}`,
      {
        // Nothing has to be said.
        preValidation: (request, _reply, done) => {
          request.body ??= {};
          done();
        },
        schema: {
          operationId: `${verb}Promotion`,
          summary,
          tags,
          params: IdParam,
          body,
          headers,
          response: responses({ 200: Promotion }, ...WRITES),
        },
      },
      async (request, reply) => {
        const { id } = request.params;
        const said = request.body as NewRejection;
        return sendTagged(reply, await promotions[verb](callerOf(request), id, said, ifMatchOf(request)));
      },
    );
}
