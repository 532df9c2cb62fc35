import { Type } from 'typebox';
import { EVENT_TYPES, EventPage } from '../../contract/event.ts';
import { LIMITS } from '../../contract/limits.ts';
import type { Registry } from '../../registry/registry.ts';
import { HttpRefused } from '../refused.ts';
import { type StreamLimits, streamEvents } from './event-stream.ts';
import { type Api, PageQuery, responses } from './route.ts';

const tags = ['Events and ledger'];
const Time = Type.String({ format: 'date-time' });
const Query = Type.Object(
  {
    subject: Type.Optional(
      Type.String({
        maxLength: LIMITS.name + 20,
        description: 'model (with its versions), model/number, policy:default or metric:name',
      }),
    ),
    actor: Type.Optional(Type.String({ maxLength: LIMITS.actor })),
    type: Type.Optional(Type.Enum([...EVENT_TYPES])),
    from: Type.Optional(Time),
    to: Type.Optional(Time),
    order: Type.Enum(['asc', 'desc'], { default: 'desc' }),
    ...PageQuery,
  },
  { additionalProperties: false },
);

export interface StreamOptions extends StreamLimits {
  mostStreams: number;
}

export function eventRoutes(app: Api, { events, ledger }: Registry, options: StreamOptions): void {
  let streams = 0;

  app.get(
    '/events',
    {
      schema: {
        operationId: 'listEvents',
        summary: 'Events, the newest first',
        tags,
        querystring: Query,
        response: responses({ 200: EventPage }),
      },
    },
    ({ query }) => events.list({ ...query, order: query.order as 'asc' | 'desc' }),
  );

  app.get(
    '/events/stream',
    {
      exposeHeadRoute: false,
      schema: {
        operationId: 'streamEvents',
        summary: 'Server-sent events as they happen; Last-Event-ID resumes without a gap',
        tags,
        headers: Type.Object({ 'last-event-id': Type.Optional(Type.String({ pattern: '^(0|[1-9]\\d{0,14})$' })) }),
        produces: ['text/event-stream'],
        response: responses({ 200: Type.String({ description: 'text/event-stream' }) }),
      },
    },
    async (request, reply) => {
      const asked = request.headers['last-event-id'];
      const size = await ledger.size();
      if (asked !== undefined && !/^(0|[1-9]\d{0,14})$/.test(asked))
        throw new HttpRefused(400, 'query-invalid', 'Last-Event-ID must be the seq of an event, or 0.');
      const after = asked === undefined ? size : Number(asked);
      if (after > size)
        throw new HttpRefused(400, 'query-invalid', `There is no event ${after} yet: the ledger has ${size} events.`);
      if (streams >= options.mostStreams)
        throw new HttpRefused(503, 'overloaded', 'Too many live streams are open. Try again later.');
      streams += 1;
      void streamEvents(reply, (signal) => events.follow(after, signal), options).finally(() => {
        streams -= 1;
      });
      return reply;
    },
  );
}
