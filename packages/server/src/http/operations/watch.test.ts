import { EventEmitter } from 'node:events';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { expect, it } from 'vitest';
import type { Seen } from './request-log.ts';
import { Watch } from './watch.ts';

/** What is seen of a request whose answer could not be sent to its end. */
function seenOf(error: Error, destroyed: boolean): Seen | undefined {
  let seen: Seen | undefined;
  const watch = new Watch(undefined, (one) => {
    seen = one;
  });
  const request = { routeOptions: { url: '/lines', config: {} }, raw: { socket: { destroyed } } };
  const raw = Object.assign(new EventEmitter(), { statusCode: 200, writableFinished: false });
  watch.incomingRequest(request as unknown as FastifyRequest, { raw } as unknown as FastifyReply);
  watch.streamError(error, request as unknown as FastifyRequest);
  raw.emit('close');
  return seen;
}

const RESET = Object.assign(new Error('read ECONNRESET'), { code: 'ECONNRESET' });

it('a client that went is cut, and nothing failed here', () => {
  expect(seenOf(RESET, true)).toMatchObject({ cut: true, trouble: undefined });
});

it('what breaks while the client reads is a fault, a connection to the database among them', () => {
  expect(seenOf(RESET, false)).toMatchObject({ cut: true, trouble: { error: RESET } });
});
