import type { Dice } from './dice.ts';
import type { Known } from './known.ts';
import { text } from './texts.ts';

const SHA256 = '0'.repeat(64);

/** Headers that change how the connection is read. */
const FRAMING = /^(connection|upgrade|expect|te|host|content-length|transfer-encoding):/i;

/** Headers that mean something here, right and wrong, and some that must mean nothing; `sound` if they can be read. */
export function extraHeaders(dice: Dice, known: Known): { lines: string[]; sound: boolean } {
  const lines = Array.from({ length: dice.one(dice.sober ? [0, 0, 0, 1] : [0, 1, 1, 2, 4]) }, () =>
    header(dice, known),
  );
  const sound = lines.every(
    (line) => /^[\w-]{1,99}: [\t\x20-\x7e\xa0-\uffff]{0,300}$/.test(line) && !FRAMING.test(line),
  );
  return { lines, sound };
}

function header(dice: Dice, { digests }: Known): string {
  const digest = dice.one([...digests, SHA256]);
  const line = (name: string, values: string[]) => () => `${name}: ${text(dice, values, 0.2).replace(/[\r\n]/g, '')}`;
  const meant = [
    line('If-Match', ['*', '"1"', '"2"', 'W/"1"', '"1", "2"', `"${digest}"`]),
    line('If-None-Match', ['*', '"1"', `"${digest}"`, `W/"${digest}"`]),
    line('Range', ['bytes=0-0', 'bytes=-1', 'bytes=5-', 'bytes=0-1,3-4', 'bytes=999-']),
    line('If-Range', [`"${digest}"`, 'Tue, 01 Jan 2030 00:00:00 GMT']),
    line('Idempotency-Key', ['k1', 'k2', 'k3', 'a'.repeat(255)]),
    line('X-Assayer-Actor', ['ada', 'bo', 'josé', 'system']),
    line('Authorization', ['Basic YWRhOnNlY3JldA==', 'Basic /////w==', 'Bearer x']),
    line('Origin', ['http://localhost']),
    line('Accept', ['*/*', 'text/html', 'application/json', 'image/*;q=1.5']),
    line('Last-Event-ID', ['0', '1']),
    line('Cookie', ['a=b; c']),
  ];
  const odd = [
    line('If-Match', ['1', '""', '"1" "2"', '*, "1"', `${'"1",'.repeat(900)}"1"`]),
    line('If-None-Match', ['"', ',', '1']),
    line('Range', ['bytes=9-2', 'bytes=', 'bytes=-0', 'lines=1', `bytes=${'0-1,'.repeat(1_000)}`]),
    line('Idempotency-Key', ['', 'a b', 'a'.repeat(256)]),
    line('X-Assayer-Actor', ['a'.repeat(257), '\u0080', '\u2028']),
    line('Authorization', ['Basic', 'Basic ???', `Basic ${'QUFB'.repeat(400)}`]),
    line('Repr-Digest', [`sha-256=:${Buffer.from(digest, 'hex').toString('base64')}:`, 'sha-256=x', 'md5=:AA==:']),
    line('X-Checksum-Sha256', [digest, digest.toUpperCase(), 'x', '']),
    line('Origin', ['https://evil.example', 'null', 'http://localhost:1']),
    line('Sec-Fetch-Site', ['same-origin', 'cross-site', 'none']),
    line('Content-Encoding', ['gzip', 'identity', 'br', 'x']),
    line('Content-Range', ['bytes 0-1/2', 'bytes */*']),
    line('Expect', ['100-continue', 'x', '100-Continue, y']),
    line('Connection', ['close', 'keep-alive', 'upgrade', 'x, y', 'Host', 'Content-Length']),
    line('Upgrade', ['websocket', 'h2c', 'HTTP/2.0']),
    line('TE', ['trailers', 'chunked', 'gzip']),
    line('Last-Event-ID', ['99999999', '-1', 'x']),
    line(dice.one(['X-HTTP-Method-Override', 'X-Forwarded-Host', 'X-Original-URL', 'Forwarded', 'X-Request-Id']), [
      'DELETE',
      '/healthz',
    ]),
    line(`X-${'a'.repeat(dice.one([1, 100, 9_000, 20_000]))}`, ['1']),
    () => dice.one(['no colon', ': no name', 'A b: space', 'X\t: tab', ' folded: 1', 'X: a\0b', 'X: \u0001', 'É: 1']),
    () => dice.one(['Host: evil.example', 'Content-Length: 5', 'Transfer-Encoding: chunked']),
    () => Array.from({ length: dice.one([50, 400, 2_100]) }, (_, i) => `X${i}: 1`).join('\r\n'),
  ];
  return dice.one(dice.sober ? meant : [...meant, ...odd])();
}
