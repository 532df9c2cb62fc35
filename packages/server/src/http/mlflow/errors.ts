import type { FastifyReply, FastifyRequest } from 'fastify';
import { type RefusalKind, Refused } from '../../registry/refusals.ts';
import { type Answer, OF_CONTENT } from '../api/problems.ts';
import { noteTrouble } from '../operations/watch.ts';
import { type ErrorCode, MlflowRefused, STATUS } from './refused.ts';

/**
 * How the MLflow API answers each refusal: its code, whose status `refused.ts` has. Leave one out and it does not compile.
 * The client repeats 408, 429 and every 5xx for minutes, so these are only for what passes by itself.
 */
const CODES: Record<RefusalKind, ErrorCode> = {
  invalid: 'INVALID_PARAMETER_VALUE',
  'name-taken': 'RESOURCE_ALREADY_EXISTS',
  'name-retired': 'RESOURCE_ALREADY_EXISTS',
  'model-not-found': 'RESOURCE_DOES_NOT_EXIST',
  'version-not-found': 'RESOURCE_DOES_NOT_EXIST',
  'alias-not-found': 'INVALID_PARAMETER_VALUE',
  'artifact-not-found': 'RESOURCE_DOES_NOT_EXIST',
  'blob-not-found': 'RESOURCE_DOES_NOT_EXIST',
  'path-invalid': 'INVALID_PARAMETER_VALUE',
  'path-taken': 'RESOURCE_ALREADY_EXISTS',
  'version-sealed': 'INVALID_PARAMETER_VALUE',
  'version-open': 'INVALID_PARAMETER_VALUE',
  'in-production': 'INVALID_PARAMETER_VALUE',
  'not-in-trash': 'INVALID_PARAMETER_VALUE',
  'nothing-to-roll-back': 'INVALID_PARAMETER_VALUE',
  'stale-write': 'RESOURCE_CONFLICT',
  'check-failed': 'INVALID_PARAMETER_VALUE',
  'promotion-not-found': 'RESOURCE_DOES_NOT_EXIST',
  'promotion-closed': 'RESOURCE_CONFLICT',
  'own-promotion': 'PERMISSION_DENIED',
  'digest-mismatch': 'INVALID_PARAMETER_VALUE',
  'upload-cut': 'BAD_REQUEST',
  'upload-not-found': 'RESOURCE_DOES_NOT_EXIST',
  'too-large': 'INVALID_PARAMETER_VALUE',
  'disk-full': 'RESOURCE_EXHAUSTED',
  'store-suspect': 'TEMPORARILY_UNAVAILABLE',
  'blob-damaged': 'INTERNAL_ERROR',
  'filter-invalid': 'INVALID_PARAMETER_VALUE',
  'sort-invalid': 'INVALID_PARAMETER_VALUE',
  'query-invalid': 'INVALID_PARAMETER_VALUE',
  'page-token-invalid': 'INVALID_PARAMETER_VALUE',
  'idempotency-key-reused': 'INVALID_PARAMETER_VALUE',
  'event-not-found': 'RESOURCE_DOES_NOT_EXIST',
  'experiment-not-found': 'RESOURCE_DOES_NOT_EXIST',
  'experiment-taken': 'RESOURCE_ALREADY_EXISTS',
  'experiment-deleted': 'INVALID_PARAMETER_VALUE',
  'run-not-found': 'RESOURCE_DOES_NOT_EXIST',
  'run-deleted': 'INVALID_PARAMETER_VALUE',
  'run-not-deleted': 'INVALID_PARAMETER_VALUE',
  'param-set': 'INVALID_PARAMETER_VALUE',
  'logged-model-not-found': 'RESOURCE_DOES_NOT_EXIST',
  'tag-not-found': 'RESOURCE_DOES_NOT_EXIST',
  'metric-not-found': 'RESOURCE_DOES_NOT_EXIST',
  'metric-definition-not-found': 'RESOURCE_DOES_NOT_EXIST',
  'evaluation-not-found': 'RESOURCE_DOES_NOT_EXIST',
  'dataset-not-found': 'RESOURCE_DOES_NOT_EXIST',
  overloaded: 'TEMPORARILY_UNAVAILABLE',
};

/** What HTTP itself refused, by status. */
const BY_STATUS: Record<number, ErrorCode> = {
  401: 'UNAUTHENTICATED',
  403: 'PERMISSION_DENIED',
  404: 'ENDPOINT_NOT_FOUND',
  409: 'RESOURCE_CONFLICT',
  429: 'REQUEST_LIMIT_EXCEEDED',
  500: 'INTERNAL_ERROR',
  503: 'TEMPORARILY_UNAVAILABLE',
  507: 'RESOURCE_EXHAUSTED',
};

/**
 * Answers whatever was thrown as `{ error_code, message }`. `toAnswer` is the native door's reading of it: what is not a
 * refusal is a fault there as here, logged with its cause and told as nothing but its id.
 */
export function answerLikeMlflow(toAnswer: (error: unknown) => Answer) {
  return (error: unknown, request: FastifyRequest, reply: FastifyReply): FastifyReply => {
    const own = error instanceof MlflowRefused ? { code: error.code, message: error.message } : undefined;
    if (own) {
      noteTrouble(request, { kind: own.code });
      return send(reply, STATUS[own.code], own.code, own.message);
    }
    const answer = toAnswer(error);
    const isRefusal = error instanceof Refused;
    noteTrouble(request, { kind: answer.kind, ...(answer.status >= 500 && !isRefusal && { error }) });
    const code = isRefusal ? CODES[error.kind as RefusalKind] : (BY_STATUS[answer.status] ?? 'INVALID_PARAMETER_VALUE');
    const status =
      isRefusal || !(answer.status in BY_STATUS || answer.status === 405 || answer.status === 416)
        ? STATUS[code]
        : answer.status;
    const id = answer.kind === 'fault' ? ` (request ${request.id})` : '';
    return send(reply, status, code, `${answer.detail}${id}`, answer.headers);
  };
}

function send(
  reply: FastifyReply,
  status: number,
  error_code: string,
  message: string,
  headers: Record<string, string> = {},
): FastifyReply {
  for (const header of OF_CONTENT) reply.removeHeader(header);
  if (status === 503 || status === 429) reply.header('retry-after', '1');
  return reply
    .code(status)
    .headers(headers)
    .type('application/json')
    .serializer(JSON.stringify)
    .send({ error_code, message });
}
