import { Type } from 'typebox';
import { NewPolicy, Policy, PolicyPage } from '../../contract/policy.ts';
import type { Registry } from '../../registry/registry.ts';
import { callerOf } from '../auth.ts';
import {
  ActorHeader,
  type Api,
  AsOf,
  IfMatchHeader,
  ifMatchOf,
  moment,
  NameParam,
  PageQuery,
  responses,
  sendTagged,
  WRITES,
} from './route.ts';

const tags = ['Policies'];
const At = Type.Object(AsOf, { additionalProperties: false });
const Pages = Type.Object(PageQuery, { additionalProperties: false });
const headers = Type.Object({ ...ActorHeader, ...IfMatchHeader });

/** What a policy has to look like, for editors and other programs. */
const SCHEMA = JSON.stringify({
  $schema: 'https://json-schema.org/draft/2020-12/schema',
  ...NewPolicy,
  description: 'What a promotion has to meet in Assayer. A target that it does not name follows the default policy.',
});

export function policyRoutes(app: Api, { policies }: Registry): void {
  app.get(
    '/policies/schema',
    {
      schema: {
        operationId: 'getPolicySchema',
        summary: 'What a policy has to look like, as JSON Schema 2020-12',
        tags,
        produces: ['application/schema+json'],
        response: responses({ 200: Type.Unknown({ description: 'JSON Schema' }) }),
      },
    },
    (_request, reply) => reply.type('application/schema+json').send(SCHEMA),
  );

  for (const [path, params, of] of [
    ['/policies/default', undefined, 'the default policy'],
    ['/models/:name/policy', NameParam, 'the policy of a model'],
  ] as const) {
    const isDefault = params === undefined;
    const named = isDefault ? 'DefaultPolicy' : 'Policy';
    const nameOf = (request: { params: unknown }) => (isDefault ? null : (request.params as { name: string }).name);
    const schema = { tags, ...(params && { params }) };

    app.get(
      path,
      {
        schema: {
          operationId: `get${named}`,
          summary: `Read ${of}`,
          ...schema,
          querystring: At,
          response: responses({ 200: Policy }),
        },
      },
      async (request, reply) => sendTagged(reply, await policies.get(nameOf(request), moment(request.query.as_of))),
    );

    app.put(
      path,
      {
        schema: {
          operationId: `set${named}`,
          summary: `Put ${of} in force; the earlier ones are kept`,
          ...schema,
          body: NewPolicy,
          headers,
          response: responses({ 200: Policy }, ...WRITES),
        },
      },
      async (request, reply) =>
        sendTagged(reply, await policies.change(callerOf(request), nameOf(request), request.body, ifMatchOf(request))),
    );

    app.get(
      `${path}/versions`,
      {
        schema: {
          operationId: `list${named}Versions`,
          summary: `Every version of ${of}, the newest first`,
          ...schema,
          querystring: Pages,
          response: responses({ 200: PolicyPage }),
        },
      },
      (request) => policies.list(nameOf(request), request.query),
    );
  }

  app.delete(
    '/models/:name/policy',
    {
      schema: {
        operationId: 'clearPolicy',
        summary: 'Put an empty policy in force: the model follows the default one',
        tags,
        params: NameParam,
        headers,
        response: responses({ 200: Policy }, ...WRITES),
      },
    },
    async (request, reply) =>
      sendTagged(reply, await policies.change(callerOf(request), request.params.name, {}, ifMatchOf(request))),
  );
}
