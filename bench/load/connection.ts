import { connect, type Socket } from 'node:net';

export interface Answer {
  status: number;
  body: Buffer;
}

const HEAD_END = Buffer.from('\r\n\r\n');

/**
 * One keep-alive connection with one request under way at a time, read with as little work as HTTP/1.1 allows, so that
 * the generator costs less than what it measures.
 */
export function openConnection(port: number, onAnswer: (answer: Answer) => void, onBreak: (error: Error) => void) {
  let pending: Buffer = Buffer.alloc(0);
  const socket: Socket = connect({ port, host: '127.0.0.1', noDelay: true });
  socket.on('data', (chunk) => {
    pending = pending.length === 0 ? chunk : Buffer.concat([pending, chunk]);
    const answer = readAnswer(pending);
    if (!answer) return;
    pending = Buffer.alloc(0);
    onAnswer(answer);
  });
  socket.on('error', onBreak);
  socket.on('close', () => onBreak(new Error('the server closed the connection')));
  return {
    send: (request: string) => void socket.write(request, 'latin1'),
    end() {
      socket.removeAllListeners('close');
      socket.destroy();
    },
  };
}

function readAnswer(bytes: Buffer): Answer | undefined {
  const headEnd = bytes.indexOf(HEAD_END);
  if (headEnd === -1) return undefined;
  const head = bytes.toString('latin1', 0, headEnd);
  const status = Number(head.slice(9, 12));
  const start = headEnd + HEAD_END.length;
  const length = /\r\ncontent-length: *(\d+)/i.exec(head)?.[1];
  if (length !== undefined) {
    const end = start + Number(length);
    return bytes.length < end ? undefined : { status, body: bytes.subarray(start, end) };
  }
  if (status === 204 || status === 304) return { status, body: Buffer.alloc(0) };
  return readChunks(bytes, start, status);
}

function readChunks(bytes: Buffer, start: number, status: number): Answer | undefined {
  const parts: Buffer[] = [];
  for (let at = start; ; ) {
    const lineEnd = bytes.indexOf('\r\n', at);
    if (lineEnd === -1) return undefined;
    const size = Number.parseInt(bytes.toString('latin1', at, lineEnd), 16);
    const from = lineEnd + 2;
    if (bytes.length < from + size + 2) return undefined;
    if (size === 0) return { status, body: Buffer.concat(parts) };
    parts.push(bytes.subarray(from, from + size));
    at = from + size + 2;
  }
}
