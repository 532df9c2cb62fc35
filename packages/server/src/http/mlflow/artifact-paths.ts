import type { FastifyRequest } from 'fastify';
import { refuseParameter } from './refused.ts';

export const AT_ARTIFACTS = '/mlflow-artifacts/artifacts';

/** The path after `…/artifacts/`, decoded once by the router. */
export function pathOf(request: FastifyRequest): string {
  return (request.params as { '*': string })['*'];
}

/** A path to list from a query or an argument: absent is the root, and a slash at the end says nothing. */
export function listedPath(path: unknown): string {
  if (path === undefined) return '';
  if (typeof path !== 'string') refuseParameter("Invalid value for parameter 'path' supplied: give it once.");
  let end = path.length;
  while (path[end - 1] === '/') end -= 1;
  return path.slice(0, end);
}

/**
 * MLflow's client writes a percent sign of a file's name into the address as it is. Where it does not begin an encoding of
 * UTF-8 it stands for itself; without this the router would refuse the address.
 */
export function readableAddress(url: string): string {
  if (!url.includes('%') || !url.includes('/mlflow-artifacts/')) return url;
  const question = url.indexOf('?');
  const path = question === -1 ? url : url.slice(0, question);
  return path.replace(ENCODED, escapeUnlessText) + url.slice(path.length);
}

/** The encoding of one character, by the first of its bytes; else the percent sign alone. */
const ENCODED =
  /%[0-7][0-9a-f]|%[cd][0-9a-f]%[89ab][0-9a-f]|%e[0-9a-f](?:%[89ab][0-9a-f]){2}|%f[0-7](?:%[89ab][0-9a-f]){3}|%/gi;

function escapeUnlessText(encoded: string): string {
  try {
    decodeURIComponent(encoded);
    return encoded;
  } catch {
    return encoded.replaceAll('%', '%25');
  }
}
