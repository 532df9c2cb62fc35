import type { IncomingMessage, ServerResponse } from 'node:http';
import type { TypeBoxTypeProvider } from '@fastify/type-provider-typebox';
import type { FastifyBaseLogger, FastifyInstance, FastifyReply, FastifyRequest, RawServerDefault } from 'fastify';
import { type TSchema, Type } from 'typebox';
import { LIMITS } from '../../contract/limits.ts';
import { Problem } from '../../contract/problem.ts';
import { fromTime } from '../../contract/time.ts';
import type { IfMatch } from '../../registry/etag.ts';
import type { JsonDocument } from '../../registry/json-document.ts';
import type { HeldBytes } from '../../registry/versions/slot.ts';
import { HttpRefused } from '../refused.ts';

/** The app as routes see it: types come from the schemas. */
export type Api = FastifyInstance<
  RawServerDefault,
  IncomingMessage,
  ServerResponse,
  FastifyBaseLogger,
  TypeBoxTypeProvider
>;

const problem = (description: string) => ({
  description,
  content: { 'application/problem+json': { schema: Problem } },
});

const DESCRIPTIONS: Record<number, string> = {
  400: 'The request is malformed',
  403: 'This host name or origin is not served',
  404: 'It does not exist',
  408: 'The request came too slowly',
  409: 'It is taken, or in the wrong state',
  412: 'It was changed in the meantime',
  413: 'Too large',
  414: 'The address is too long',
  415: 'The body has a type that is not read here',
  416: 'The range lies outside of the artifact',
  422: 'Well-formed, but refused',
  431: 'The head of the request is too large',
  500: 'A fault of the server',
  503: 'Too much at once, or a dependency is away: try again after Retry-After',
  507: 'The disk is full',
};

/** What any request can come to, because of its head alone or of what happens to the server. */
const ANYWHERE = [400, 403, 404, 408, 414, 415, 431, 500, 503];

/** Responses of a route: what it answers, and the problems it can answer with besides those of every route. */
export function responses(success: Record<number, TSchema>, ...problems: number[]): Record<number, unknown> {
  const all = [...new Set([...ANYWHERE, ...problems])];
  return { ...success, ...Object.fromEntries(all.map((status) => [status, problem(DESCRIPTIONS[status] ?? '')])) };
}

export const NotModified = Type.Null({ description: 'Not modified' });

/** What a route that changes something answers with besides. */
export const WRITES = [409, 412, 413, 422, 507];

export const NameParam = Type.Object({
  name: Type.String({ description: 'Name of the model, percent-encoded', examples: ['churn'] }),
});
export const VersionParams = Type.Object({
  name: Type.String({ description: 'Name of the model, percent-encoded', examples: ['churn'] }),
  ref: Type.String({ description: 'A number, `latest`, `@alias` or a status', examples: ['7'] }),
});

const header = (description: string, example: string, rule: { pattern?: string; maxLength?: number } = {}) =>
  Type.Optional(Type.String({ description, examples: [example], ...rule }));

/**
 * Headers of what changes something. Their schemas are for the document alone: a header is read, and refused by a name of
 * its own, where it is used.
 */
export const ActorHeader = {
  'x-assayer-actor': header('Who asks, while access is open; recorded as not verified', 'ada', {
    maxLength: LIMITS.actor,
  }),
};
export const IdempotencyHeader = {
  ...ActorHeader,
  'idempotency-key': header('A request with the same key happens once in 24 hours', 'run-81', {
    pattern: '^[!-~]{1,255}$',
  }),
};
export const IfMatchHeader = {
  'if-match': header('The ETag that was read: an older one gets 412', '"3"', {
    pattern: '^(\\*|"[!#-~]+")$',
  }),
};
export const IfNoneMatchHeader = { 'if-none-match': header('The ETag that is held: the same one gets 304', '"3"') };
export const RangeHeaders = {
  range: header('One range of bytes', 'bytes=0-1023'),
  'if-range': header('The ETag that the range belongs to: another one gets the whole', `"${'0'.repeat(64)}"`),
};
export const DigestHeaders = {
  'repr-digest': header('RFC 9530: held against what came', `sha-256=:${'A'.repeat(43)}=:`, {
    pattern: '^sha-256=:[A-Za-z0-9+/]{43}=:$',
  }),
  'x-checksum-sha256': header('The same in hex', '0'.repeat(64), { pattern: '^[0-9A-Fa-f]{64}$' }),
};

export const AsOf = {
  as_of: Type.Optional(Type.String({ format: 'date-time', description: 'Answer with the state of that moment' })),
};
export const PageQuery = {
  page_size: Type.Integer({ minimum: 1, maximum: 1_000, default: 50 }),
  page_token: Type.Optional(
    Type.String({ maxLength: LIMITS.pageToken, description: 'next_page_token of the page before' }),
  ),
};
export const ListQuery = Type.Object(
  {
    q: Type.Optional(
      Type.String({
        maxLength: LIMITS.q,
        description: 'Full text over names, descriptions, tags and cards; every word is a prefix',
      }),
    ),
    filter: Type.Optional(
      Type.String({ maxLength: LIMITS.filter, examples: ["status = 'production' AND metrics.auc > 0.9"] }),
    ),
    sort: Type.Optional(
      Type.String({
        maxLength: LIMITS.sort,
        description: 'Keys, comma-separated, - for descending',
        examples: ['-created_at'],
      }),
    ),
    ...PageQuery,
    ...AsOf,
  },
  { additionalProperties: false },
);

export const moment = (as_of: string | undefined): number | undefined =>
  as_of === undefined ? undefined : fromTime(as_of);

/** Etags that a client asks for with If-Match (RFC 9110, 13.1.1). */
export function ifMatchOf(request: FastifyRequest): IfMatch | undefined {
  const tags = tagsOf(request);
  return tags === '*' ? tags : tags?.map((tag) => (/^\d{1,15}$/.test(tag) ? Number(tag) : Number.NaN));
}

/** The same of artifacts, whose etags are their digests. */
export function digestsHeld(request: FastifyRequest): HeldBytes | undefined {
  return tagsOf(request);
}

/** The comparison is strong: a weak tag is a tag that matches nothing. */
function tagsOf({ headers }: FastifyRequest): '*' | string[] | undefined {
  const text = headers['if-match']?.trim();
  if (text === undefined || text === '*') return text as '*' | undefined;
  if (!TAGS.test(text))
    throw new HttpRefused(400, 'if-match-invalid', 'If-Match must be * or the ETag that was read, such as "3".');
  const parts = text.split('"');
  return parts.flatMap((part, i) => (i % 2 === 0 ? [] : [`${parts[i - 1]?.endsWith('W/') ? 'W/' : ''}${part}`]));
}

/** A comma may stand in a tag, and between two of them. */
const TAGS = /^(?:W\/)?"[\x21\x23-\x7e\x80-\xff]*"(?:[ \t]*,[ \t]*(?:W\/)?"[\x21\x23-\x7e\x80-\xff]*")*$/;

/** Whether the client has it: `If-None-Match` (RFC 9110, 13.1.2). */
export function isHeld(request: FastifyRequest, etag: string): boolean {
  const held = request.headers['if-none-match'];
  if (held === undefined) return false;
  return held.trim() === '*' || held.split(',').some((part) => part.trim().replace(/^W\//, '') === etag);
}

/** Sends what a change made of a resource, with its ETag. */
export function sendTagged<T extends { etag: number }>(reply: FastifyReply, value: T): T {
  reply.header('etag', `"${value.etag}"`);
  return value;
}

const JSON_TYPE = 'application/json; charset=utf-8';

/** Sends text that is JSON already. */
export function sendJson(reply: FastifyReply, json: string): string {
  reply.header('content-type', JSON_TYPE);
  return json;
}

/** Sends one resource that was read, with its ETag, or 304 where the client has it. */
export function sendDocument(
  request: FastifyRequest,
  reply: FastifyReply,
  { etag, json }: JsonDocument,
): string | undefined {
  const tag = `"${etag}"`;
  reply.header('etag', tag);
  if (request.method !== 'GET' || !isHeld(request, tag)) return sendJson(reply, json);
  reply.code(304);
  return undefined;
}

/** POST without a body: an empty object may stand, anything else is refused. */
export function assertNoBody(request: FastifyRequest): void {
  const { body } = request;
  if (body === undefined || body === null || (typeof body === 'object' && Object.keys(body).length === 0)) return;
  throw new HttpRefused(422, 'invalid', 'This request takes no body.', {
    errors: [{ path: '', message: 'takes no body' }],
  });
}

export const pathOfModel = (name: string) => `/api/v1/models/${encodeURIComponent(name)}`;

/** A reader that takes nothing for so long is cut: it holds a connection and an open file. */
export function cutWhenStalled(reply: FastifyReply, idleMs: number): FastifyReply {
  reply.raw.setTimeout(idleMs, () => reply.raw.destroy());
  return reply;
}
