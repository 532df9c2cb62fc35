import { isUtf8 } from 'node:buffer';
import { createHash } from 'node:crypto';
import type { FastifyRequest } from 'fastify';
import { type Actor, ANONYMOUS, type Caller } from '../contract/actor.ts';
import { LIMITS } from '../contract/limits.ts';
import { HttpRefused } from './refused.ts';

/**
 * Who asks. While access is open that is what the client says: the `X-Assayer-Actor` header, or the user name of basic
 * authentication (so MLFLOW_TRACKING_USERNAME works too), or a bearer token (MLFLOW_TRACKING_TOKEN), which is named by
 * its digest and kept nowhere. It is recorded as unverified. HTTP takes spaces off the ends of a header; so does this,
 * whichever way the name came: `ada ` is ada, or somebody could approve what they asked for.
 */
export function actorOf(request: FastifyRequest): Actor {
  const named = request.headers['x-assayer-actor'];
  const { authorization } = request.headers;
  const name =
    named === undefined ? (basicUser(authorization) ?? bearer(authorization)) : utf8(String(named), 'X-Assayer-Actor');
  if (name === undefined) return ANONYMOUS;
  // biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what is refused
  if ([...name].length > LIMITS.actor || /[\u0000-\u001f\u007f-\u009f]/.test(name))
    throw new HttpRefused(
      400,
      'actor-invalid',
      `An actor's name has at most ${LIMITS.actor} characters, none of them control characters.`,
    );
  const trimmed = name.trim();
  return trimmed === '' ? ANONYMOUS : { name: trimmed, verified: false };
}

function basicUser(authorization: string | undefined): string | undefined {
  const credentials = /^basic +([A-Za-z0-9+/]+={0,2})$/i.exec(authorization ?? '')?.[1];
  if (credentials === undefined) return undefined;
  // RFC 7617, 2.1 leaves the encoding open: clients send UTF-8, and some (Python's requests) Latin-1.
  const bytes = Buffer.from(credentials, 'base64');
  const decoded = isUtf8(bytes) ? bytes.toString() : bytes.toString('latin1');
  const colon = decoded.indexOf(':');
  return colon === -1 ? decoded : decoded.slice(0, colon);
}

/** The same token is the same actor, and its name tells nothing of the token. */
function bearer(authorization: string | undefined): string | undefined {
  const token = /^bearer +([\x21-\x7e]+)$/i.exec(authorization ?? '')?.[1];
  return token && `bearer:${createHash('sha256').update(token).digest('hex').slice(0, 8)}`;
}

/** Node reads header bytes as Latin-1; clients send UTF-8. */
function utf8(latin1: string, header: string): string {
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(Buffer.from(latin1, 'latin1'));
  } catch {
    throw new HttpRefused(400, 'actor-invalid', `The ${header} header must be UTF-8.`);
  }
}

/** The caller of a change. An `Idempotency-Key` is bound to method, address and body: a POST with it happens once. */
export function callerOf(request: FastifyRequest): Caller {
  const caller = { actor: actorOf(request), request_id: request.id };
  const key = request.headers['idempotency-key'];
  if (key === undefined || request.method !== 'POST') return caller;
  if (typeof key !== 'string' || !/^[\x21-\x7e]{1,255}$/.test(key))
    throw new HttpRefused(400, 'idempotency-key-invalid', 'An Idempotency-Key has 1 to 255 visible ASCII characters.');
  const fingerprint = createHash('sha256')
    .update(JSON.stringify([request.method, request.url, request.body ?? null]))
    .digest('hex');
  return { ...caller, idempotency: { key, fingerprint } };
}
