import { addressOf } from './addresses.ts';
import { type Dice, diceOf, garble } from './dice.ts';
import { bodyOf } from './framing.ts';
import { extraHeaders } from './headers.ts';
import type { Form } from './judge.ts';
import { type Known, LAST } from './known.ts';

/** A longer head ends the connection. */
const MOST_READ = 16_000;

/** What is sent on one connection. */
export interface Case {
  bytes: Buffer;
  /** For each request but the last whether it is a HEAD, whose answer has no body. */
  heads: boolean[];
  /** For each request how it refuses. */
  forms: Form[];
  /** Every request is whole, so that each must be answered. */
  tidy: boolean;
}

/** The nth case of a seed: one or several requests, from nearly right to no HTTP at all. */
export function caseOf(seed: number, known: Known): Case {
  const dice = diceOf(seed);
  if (dice.odd(0.02))
    return { bytes: Buffer.concat([noise(dice), Buffer.from(LAST)]), heads: [], forms: [], tidy: false };
  const requests = Array.from({ length: dice.one([1, 1, 1, 2, 3, 8]) }, () => requestOf(dice, known));
  const bytes = Buffer.concat([...requests.map((request) => request.bytes), Buffer.from(LAST)]);
  const heads = requests.map((request) => request.isHead);
  const forms = requests.map((request) => request.form);
  dice.sober = false;
  if (dice.odd(0.1)) return { bytes: garble(dice, bytes), heads, forms, tidy: false };
  return { bytes, heads, forms, tidy: requests.every((request) => request.tidy) };
}

function noise(dice: Dice): Buffer {
  return dice.one([
    () => dice.bytes(dice.int(1, 400)),
    () => Buffer.from('PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n'),
    () => Buffer.from('\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03', 'latin1'),
    () => Buffer.from('GET /api/v1/models\r\n'),
    () => Buffer.from('\r\n'.repeat(dice.int(1, 3_000))),
    () => Buffer.from('HELO localhost\r\n'),
  ])();
}

function requestOf(dice: Dice, known: Known) {
  dice.sober = dice.chance(0.5);
  const operation = dice.one(known.operations);
  const method = !dice.odd(0.05)
    ? operation.method
    : dice.one(['HEAD', 'OPTIONS', 'TRACE', 'QUERY', 'PROPFIND', 'get', 'CONNECT', 'X', 'GET ']);
  const target = !dice.odd(0.02)
    ? addressOf(dice, operation, known)
    : dice.one([
        '*',
        'http://localhost/api/v1/models',
        'localhost:80',
        '',
        '//evil.example/',
        '/api/v1/models HTTP/1.1',
        '/\u00e9',
      ]);
  const version = !dice.odd(0.03)
    ? 'HTTP/1.1'
    : dice.one(['HTTP/1.0', 'HTTP/1.2', 'HTTP/2.0', 'HTTP/0.9', 'http/1.1', 'HTTP/1.1 x', 'HTTP/', '']);
  const host = !dice.odd(0.04)
    ? 'Host: localhost'
    : dice.one([
        'Host: evil.example',
        'Host:',
        'Host: localhost:99999',
        'Hos: x',
        'Host: [::1',
        'Host: localhost, evil',
      ]);
  const { lines: extra, sound } = extraHeaders(dice, known);
  const { heads, body, tidy } = bodyOf(dice, operation, method, known);
  const end = !dice.odd(0.01) ? '\r\n' : dice.one(['\n', '\r', '\r\n ']);
  const head = [`${method} ${target} ${version}`, host, ...extra, ...heads, '', ''].join(end);
  const isPlain =
    sound && head.length < MOST_READ && version === 'HTTP/1.1' && end === '\r\n' && host === 'Host: localhost';
  return {
    bytes: Buffer.concat([Buffer.from(head), body]),
    isHead: method === 'HEAD',
    form: operation.refuses ? 'unimplemented' : operation.mlflow ? 'mlflow' : ('problem' as Form),
    tidy: tidy && isPlain && method === operation.method && target.startsWith('/') && !/[^!-~]/.test(target),
  };
}
