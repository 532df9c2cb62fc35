import { randomUUID } from 'node:crypto';
import type { ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import { STATUS_CODES } from './node-http.ts';

interface ClientError extends Error {
  code: string;
}

/** Node keeps the answer that is under way there, and looks at it for the same reason. */
type Answering = Socket & { _httpMessage?: ServerResponse | null };

const ANSWERS: Record<string, [status: number, kind: string, title: string, detail: string]> = {
  ERR_HTTP_REQUEST_TIMEOUT: [408, 'too-slow', 'Too slow', 'The head of the request took too long. Send it again.'],
  HPE_HEADER_OVERFLOW: [431, 'too-large', 'Too large', 'The head of the request is larger than is read here.'],
};

/** What cannot be read as HTTP is told as a problem too, straight onto the socket, which is closed. */
export function answerClientError(error: ClientError, socket: Socket, onRefused?: (status: number) => void): void {
  if (error.code === 'ECONNRESET' || socket.destroyed) return;
  // An answer to an earlier request of the connection is under way: nothing may be put into it.
  if ((socket as Answering)._httpMessage?.headersSent) return void socket.destroy();
  const [status, kind, title, detail] = ANSWERS[error.code] ?? [
    400,
    'malformed',
    'The request cannot be read',
    'This is not HTTP as it is read here.',
  ];
  onRefused?.(status);
  const request_id = randomUUID();
  const body = JSON.stringify({ type: `/problems/${kind}`, title, status, detail, request_id });
  const head = [
    `HTTP/1.1 ${status} ${STATUS_CODES[status]}`,
    'content-type: application/problem+json',
    `content-length: ${Buffer.byteLength(body)}`,
    'x-content-type-options: nosniff',
    `x-request-id: ${request_id}`,
    'connection: close',
  ];
  if (socket.writable) socket.end(`${head.join('\r\n')}\r\n\r\n${body}`);
  else socket.destroy(error);
}
