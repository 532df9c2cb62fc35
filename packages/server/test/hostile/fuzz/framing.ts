import { jsonBody } from './bodies.ts';
import { type Dice, garble } from './dice.ts';
import { form } from './forms.ts';
import { type Known, LAST, type Operation } from './known.ts';
import { mlflowBody } from './mlflow.ts';

/** A body with the headers that announce it; `tidy` if they are true. */
export function bodyOf(
  dice: Dice,
  operation: Operation,
  method: string,
  known: Known,
): { heads: string[]; body: Buffer; tidy: boolean } {
  const { id, mlflow = false, path } = operation;
  const takes = /^(POST|PUT|PATCH|QUERY)$/.test(method) || (mlflow && method === 'DELETE' && !path.includes('{path}'));
  if (!takes && !dice.odd(0.05)) return { heads: [], body: Buffer.alloc(0), tidy: true };
  const { type, body } =
    id === 'postArtifacts'
      ? form(dice)
      : id === 'putArtifact' || (mlflow && operation.method === 'PUT')
        ? { type: 'application/octet-stream', body: dice.bytes(dice.one([0, 1, 5, 100, 1_000])) }
        : {
            type: 'application/json',
            body: jsonBody(dice, id, mlflow ? mlflowBody(dice, operation, known) : undefined),
          };
  const said = !dice.odd(0.05)
    ? type
    : dice.one([
        'text/plain',
        'application/x-www-form-urlencoded',
        'application/JSON; charset=utf-16',
        'application/problem+json',
        'x',
        ';',
        'application/json, text/plain',
        '',
      ]);
  const heads = [`Content-Type: ${said}`];
  if (!dice.odd(0.15)) return { heads: [...heads, `Content-Length: ${body.length}`], body, tidy: true };
  if (dice.chance(0.4))
    return { heads: [...heads, 'Transfer-Encoding: chunked'], body: chunked(dice, body), tidy: true };
  return { ...misframed(dice, heads, body), tidy: false };
}

function chunked(dice: Dice, body: Buffer): Buffer {
  const parts: Buffer[] = [];
  for (let at = 0; at < body.length; ) {
    const chunk = body.subarray(at, at + dice.int(1, Math.max(1, body.length / 3)));
    parts.push(Buffer.from(`${chunk.length.toString(16)}\r\n`), chunk, Buffer.from('\r\n'));
    at += chunk.length;
  }
  return Buffer.concat([...parts, Buffer.from('0\r\n\r\n')]);
}

/** Lengths and codings that disagree: what one server takes for a body, the next may take for a request. */
function misframed(dice: Dice, heads: string[], body: Buffer): { heads: string[]; body: Buffer } {
  const n = body.length;
  const lines = dice.one([
    [`Content-Length: ${n}`, 'Transfer-Encoding: chunked'],
    ['Transfer-Encoding: chunked', `Content-Length: ${n}`],
    [`Content-Length: ${n}`, `Content-Length: ${n + 1}`],
    [`Content-Length: ${n}, ${n}`],
    [
      `Content-Length: ${dice.one(['-1', '+5', '0x5', '1e1', '', ' ', '99999999999999999999', `${n + 9}`, `${Math.max(0, n - 3)}`])}`,
    ],
    [
      `Transfer-Encoding: ${dice.one(['xchunked', 'chunked, chunked', 'identity', 'gzip, chunked', 'chunked;q=1', '\tchunked', 'CHUNKED', ', chunked'])}`,
    ],
    ['Transfer-Encoding: chunked', 'Transfer-Encoding: identity'],
    ['Transfer-Encoding : chunked'],
    [],
  ]);
  const framed = dice.one([
    () => body,
    () => chunked(dice, body),
    () => garble(dice, chunked(dice, body)),
    () => Buffer.from(`0\r\n\r\n${LAST}`),
    () =>
      Buffer.from(
        `${dice.one(['-1', 'ffffffffffffffffff', '5;ext="a', '0x5', '', 'g', '7fffffff'])}\r\nhello\r\n0\r\n\r\n`,
      ),
    () =>
      Buffer.from(
        `0\r\n${dice.one(['X: y', 'Content-Length: 5', 'Host: evil.example', `X: ${'y'.repeat(20_000)}`])}\r\n\r\n`,
      ),
    () => Buffer.concat([body, Buffer.from(LAST)]),
  ])();
  return { heads: [...heads, ...lines], body: framed };
}
