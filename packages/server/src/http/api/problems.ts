import type { FastifyError, FastifyReply, FastifyRequest } from 'fastify';
import { isBlobError } from '../../blobs/errors.ts';
import type { Database } from '../../db/database.ts';
import { DatabaseSuspect } from '../../db/suspect.ts';
import { toRefusal } from '../../registry/blob-refusals.ts';
import { PageTokenError } from '../../registry/paging/page-token.ts';
import { type RefusalKind, Refused } from '../../registry/refusals.ts';
import { FilterError, QueryError, SortError } from '../../registry/search/errors.ts';
import { noteTrouble } from '../operations/watch.ts';
import { HttpRefused } from '../refused.ts';

/** How the native API answers each refusal. Leave one out and it does not compile. */
export const PROBLEMS: Record<RefusalKind, { status: number; title: string }> = {
  invalid: { status: 422, title: 'A field is not acceptable' },
  'name-taken': { status: 409, title: 'The name is taken' },
  'name-retired': { status: 409, title: 'The name was used by another model' },
  'model-not-found': { status: 404, title: 'There is no such model' },
  'version-not-found': { status: 404, title: 'There is no such version' },
  'alias-not-found': { status: 404, title: 'There is no such alias' },
  'artifact-not-found': { status: 404, title: 'There is no such artifact' },
  'blob-not-found': { status: 404, title: 'The store does not have these bytes' },
  'path-invalid': { status: 400, title: 'The artifact path is not acceptable' },
  'path-taken': { status: 409, title: 'The artifact path is taken' },
  'version-sealed': { status: 409, title: 'The version is sealed' },
  'version-open': { status: 409, title: 'The version is not sealed' },
  'in-production': { status: 409, title: 'A version is in production' },
  'not-in-trash': { status: 409, title: 'It is not in the trash' },
  'nothing-to-roll-back': { status: 409, title: 'There is nothing to roll back to' },
  'stale-write': { status: 412, title: 'It was changed in the meantime' },
  'check-failed': { status: 422, title: 'A check of the promotion policy failed' },
  'promotion-not-found': { status: 404, title: 'There is no such promotion' },
  'promotion-closed': { status: 409, title: 'The promotion waits no more' },
  'own-promotion': { status: 403, title: 'Nobody approves a promotion of their own' },
  'digest-mismatch': { status: 422, title: 'The bytes do not have the announced digest' },
  'upload-cut': { status: 400, title: 'The upload ended before its end' },
  'upload-not-found': { status: 404, title: 'There is no such upload in parts' },
  'too-large': { status: 413, title: 'Too large' },
  'disk-full': { status: 507, title: 'The disk is full' },
  'store-suspect': { status: 503, title: 'The artifact store cannot be written' },
  'blob-damaged': { status: 500, title: 'Stored bytes are damaged' },
  'filter-invalid': { status: 400, title: 'The filter cannot be read' },
  'sort-invalid': { status: 400, title: 'The sort cannot be read' },
  'query-invalid': { status: 400, title: 'A query parameter is not acceptable' },
  'page-token-invalid': { status: 400, title: 'The page token is not of this query' },
  'idempotency-key-reused': { status: 422, title: 'The Idempotency-Key was used with another request' },
  'event-not-found': { status: 404, title: 'There is no such event' },
  'experiment-not-found': { status: 404, title: 'There is no such experiment' },
  'experiment-taken': { status: 409, title: 'An experiment has this name' },
  'experiment-deleted': { status: 409, title: 'The experiment is deleted' },
  'run-not-found': { status: 404, title: 'There is no such run' },
  'run-deleted': { status: 409, title: 'The run is deleted' },
  'run-not-deleted': { status: 409, title: 'The run is not deleted' },
  'param-set': { status: 409, title: 'A param has another value already' },
  'logged-model-not-found': { status: 404, title: 'There is no such logged model' },
  'tag-not-found': { status: 404, title: 'There is no such tag' },
  'metric-not-found': { status: 404, title: 'The version has no such metric' },
  'metric-definition-not-found': { status: 404, title: 'Nobody has defined this metric' },
  'evaluation-not-found': { status: 404, title: 'There is no such evaluation' },
  'dataset-not-found': { status: 404, title: 'Nothing was evaluated on this data set' },
  overloaded: { status: 503, title: 'Too much at once' },
};

/** Titles of what HTTP itself refuses. */
const HTTP_TITLES: Record<string, string> = {
  malformed: 'The request cannot be read',
  invalid: 'A field is not acceptable',
  'query-invalid': 'A query parameter is not acceptable',
  'host-not-allowed': 'This host name is not served',
  'origin-not-allowed': 'This origin is not served',
  'unsupported-media-type': 'The body has a type that is not read here',
  'not-found': 'There is nothing at this address',
  'method-not-allowed': 'This address has no such method',
  'digest-invalid': 'The announced digest cannot be read',
  'actor-invalid': 'The actor cannot be read',
  'idempotency-key-invalid': 'The Idempotency-Key cannot be read',
  'if-match-invalid': 'If-Match cannot be read',
  'range-not-satisfiable': 'The range lies outside of the artifact',
  'expectation-failed': 'The expectation cannot be met',
  'too-large': 'Too large',
  overloaded: 'Too much at once',
};

export interface Answer {
  status: number;
  kind: string;
  title: string;
  detail: string;
  members?: object;
  headers?: Record<string, string>;
}

/** What a route may have said of its content before it failed. */
export const OF_CONTENT = [
  'etag',
  'location',
  'repr-digest',
  'x-checksum-sha256',
  'accept-ranges',
  'content-range',
  'content-length',
  'content-disposition',
];

/** Answers whatever was thrown. What is not a refusal is a fault: logged with its cause, told as nothing but its id. */
export function answerWithProblem(db: Pick<Database, 'isAway' | 'isFull'>) {
  return (error: unknown, request: FastifyRequest, reply: FastifyReply): FastifyReply => {
    const answer = toAnswer(error, db);
    noteTrouble(request, { kind: answer.kind, ...(answer.status >= 500 && !(error instanceof Refused) && { error }) });
    // The rest of a JSON body that is too large is read away for a moment: closing at once could lose the answer in a reset.
    if (isFastifyError(error) && error.code === 'FST_ERR_CTP_BODY_TOO_LARGE') reply.removeHeader('connection');
    return send(request, reply, answer);
  };
}

export function send(request: FastifyRequest, reply: FastifyReply, answer: Answer): FastifyReply {
  const { status, kind, title, detail, members, headers } = answer;
  const retry = status === 503 || status === 429 ? { 'retry-after': '1' } : {};
  // `members` first: no member of a refusal can stand in for the fields of the problem
  const problem = { ...members, type: `/problems/${kind}`, title, status, detail, request_id: request.id };
  for (const header of OF_CONTENT) reply.removeHeader(header);
  return reply
    .code(status)
    .headers({ ...retry, ...headers })
    .type('application/problem+json')
    .serializer(JSON.stringify)
    .send(problem);
}

/** What was thrown, as it is told. */
export function toAnswer(error: unknown, db: Pick<Database, 'isAway' | 'isFull'>): Answer {
  if (error instanceof Refused)
    return { ...PROBLEMS[error.kind as RefusalKind], kind: error.kind, detail: error.message, members: error.members };
  if (error instanceof HttpRefused) {
    const { status, kind, message: detail, members, headers } = error;
    return { status, kind, title: HTTP_TITLES[kind] ?? 'The request is not acceptable', detail, members, headers };
  }
  if (error instanceof FilterError)
    return of('filter-invalid', `In the filter, ${error.message}.`, { column: error.column });
  if (error instanceof SortError) return of('sort-invalid', `In sort: ${error.message}.`);
  if (error instanceof QueryError)
    return of('query-invalid', `In ${error.parameter}: ${error.message}.`, { parameter: error.parameter });
  if (error instanceof PageTokenError) return of('page-token-invalid', `${capital(error.message)}.`);
  // A stream that broke before the first byte was sent can still be answered.
  if (isBlobError(error) && (error.kind === 'damaged' || error.kind === 'blob-missing'))
    return toAnswer(toRefusal(error), db);
  if (isFastifyError(error)) return ofFastify(error);
  if (db.isFull(error)) return of('disk-full', 'The disk is full. Nothing was changed; ask the operator for space.');
  if (error instanceof DatabaseSuspect)
    return {
      status: 503,
      kind: 'database-suspect',
      title: 'The database is read-only',
      detail: 'A write to the database failed, so no other is made until the server was restarted. Tell the operator.',
    };
  if (db.isAway(error))
    return {
      status: 503,
      kind: 'database-away',
      title: 'The database is away',
      detail: 'The database cannot be reached. Try again in a moment.',
    };
  return {
    status: 500,
    kind: 'fault',
    title: 'Something went wrong here',
    detail: 'This is a fault of the server. Give the operator the request_id.',
  };
}

function of(kind: RefusalKind, detail: string, members?: object): Answer {
  return { ...PROBLEMS[kind], kind, detail, ...(members && { members }) };
}

function capital(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1);
}

function isFastifyError(error: unknown): error is FastifyError {
  return (
    error instanceof Error &&
    'code' in error &&
    typeof error.code === 'string' &&
    error.code.startsWith('FST_') &&
    'statusCode' in error
  );
}

/** What the framework refuses before a handler runs. */
function ofFastify(error: FastifyError): Answer {
  const status = error.statusCode ?? 500;
  const told: Record<number, [kind: string, title: string, detail: string]> = {
    400: ['malformed', 'The request cannot be read', 'The address or body is malformed.'],
    404: ['not-found', 'There is nothing at this address', 'See /docs for what there is.'],
    413: [
      'too-large',
      'Too large',
      'The body is larger than is read here. Send artifacts with PUT, metadata in smaller pieces.',
    ],
    414: ['too-large', 'Too large', 'The address is too long.'],
    415: ['unsupported-media-type', 'The body has a type that is not read here', 'Send JSON as application/json.'],
    503: ['overloaded', 'Too much at once', 'The server is stopping. Try again in a moment.'],
  };
  const [kind, title, detail] = told[status] ?? [
    'malformed',
    'The request cannot be read',
    'The request is malformed.',
  ];
  if (status >= 500 && status !== 503)
    return {
      status: 500,
      kind: 'fault',
      title: 'Something went wrong here',
      detail: 'This is a fault of the server. Give the operator the request_id.',
    };
  return { status, kind, title, detail };
}
