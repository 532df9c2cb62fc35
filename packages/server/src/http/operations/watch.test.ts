import { EventEmitter } from 'node:events';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { expect, it } from 'vitest';
import type { Seen } from './request-log.ts';
import { Watch } from './watch.ts';

/** What is seen of a request whose answer could not be sent to its end. */
function seenAfter(code: string): Seen | undefined {
  let seen: Seen | undefined;
  const watch = new Watch(undefined, (one) => {
    seen = one;
  });
  const request = { routeOptions: { url: '/archive', config: {} }, raw: { socket: {} } } as unknown as FastifyRequest;
  const raw = Object.assign(new EventEmitter(), { statusCode: 200, writableFinished: false });
  watch.incomingRequest(request, { raw } as unknown as FastifyReply);
  watch.streamError(Object.assign(new Error('it ended early'), { code }), request);
  raw.emit('close');
  return seen;
}

it.each(['ERR_STREAM_PREMATURE_CLOSE', 'EPIPE', 'ECONNRESET'])(
  '%s: a client that went is cut, and nothing failed here',
  (code) => {
    expect(seenAfter(code)).toMatchObject({ cut: true, trouble: undefined });
  },
);

it('what cannot be read is a fault', () => {
  expect(seenAfter('EIO')).toMatchObject({ cut: true, trouble: { error: { code: 'EIO' } } });
});
