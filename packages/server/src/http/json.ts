import type { FastifyInstance, FastifyRequest } from 'fastify';
import { LIMITS } from '../contract/limits.ts';
import { HttpRefused } from './refused.ts';

/** Reads JSON bodies: UTF-8, at most 64 levels deep, no NUL and no half surrogate pairs in any string. */
export function acceptJson(app: FastifyInstance): void {
  app.removeContentTypeParser(['application/json', 'text/plain']);
  app.addContentTypeParser(
    /^application\/([\w.-]+\+)?json\b/i,
    { parseAs: 'buffer' },
    async (_request: FastifyRequest, body: unknown) => parseJson(body as Buffer),
  );
}

const malformed = (why: string) => new HttpRefused(400, 'malformed', `The body ${why}.`);

export function parseJson(body: Buffer): unknown {
  if (body.length === 0) return undefined;
  let text: string;
  try {
    text = new TextDecoder('utf-8', { fatal: true }).decode(body);
  } catch {
    throw malformed('is not UTF-8');
  }
  assertDepth(text);
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    throw malformed('is not JSON');
  }
  assertText(value, '');
  return value;
}

/** Counts brackets outside of strings, so that a deep body is refused before it is parsed. */
function assertDepth(text: string): void {
  let depth = 0;
  let inString = false;
  for (let i = 0; i < text.length; i += 1) {
    const c = text.charCodeAt(i);
    if (inString) {
      if (c === 0x5c) i += 1;
      else if (c === 0x22) inString = false;
    } else if (c === 0x22) inString = true;
    else if (c === 0x7b || c === 0x5b) {
      depth += 1;
      if (depth > LIMITS.jsonDepth) throw malformed(`is nested deeper than ${LIMITS.jsonDepth} levels`);
    } else if (c === 0x7d || c === 0x5d) depth -= 1;
  }
}

function assertText(value: unknown, path: string): void {
  if (typeof value === 'string') {
    const why = problemOfText(value);
    if (why) throw malformed(`holds ${why} at ${path || '/'}`);
  } else if (Array.isArray(value)) for (const [i, item] of value.entries()) assertText(item, `${path}/${i}`);
  else if (typeof value === 'object' && value !== null)
    for (const [key, item] of Object.entries(value)) {
      const why = problemOfText(key) ?? (key === '__proto__' ? 'the key __proto__' : undefined);
      if (why) throw malformed(`holds ${why} in a key at ${path || '/'}`);
      assertText(item, `${path}/${key}`);
    }
}

function problemOfText(text: string): string | undefined {
  if (text.includes('\u0000')) return 'a NUL character';
  return text.isWellFormed() ? undefined : 'half a surrogate pair';
}
