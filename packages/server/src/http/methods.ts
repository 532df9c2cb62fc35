import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { HttpRefused } from './refused.ts';

/** Notes the routes that are registered after it. */
export function noteMethods(app: FastifyInstance): (url: string) => string[] {
  const known: { address: RegExp; methods: string[] }[] = [];
  app.addHook('onRoute', ({ url, method }) => {
    known.push({ address: toPattern(url), methods: [method].flat() });
  });
  return (url) => {
    const path = url.split('?', 1)[0] as string;
    const methods = known.filter(({ address }) => address.test(path)).flatMap((route) => route.methods);
    return methods.length === 0 ? [] : [...new Set([...methods, 'OPTIONS'])].sort();
  };
}

function toPattern(url: string): RegExp {
  const parts = url.split('/').map((part) => {
    if (part === '*') return '.*';
    return part.startsWith(':') ? '[^/]+' : part.replace(/[^\w-]/g, '\\$&');
  });
  return new RegExp(`^${parts.join('/')}$`);
}

/** Answers OPTIONS, or refuses. */
export function answerUnrouted(request: FastifyRequest, reply: FastifyReply, allowed: string[]): FastifyReply {
  if (allowed.length === 0)
    throw new HttpRefused(404, 'not-found', 'There is nothing at this address. See /docs for what there is.');
  const allow = allowed.join(', ');
  if (request.method === 'OPTIONS') return reply.code(204).header('allow', allow).send();
  throw new HttpRefused(405, 'method-not-allowed', `Here there is only ${allow}.`, {}, { allow });
}
