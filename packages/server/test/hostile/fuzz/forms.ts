import { type Dice, garble } from './dice.ts';
import { PATHS, text } from './texts.ts';

export interface Form {
  type: string;
  body: Buffer;
}

/** A form of a few files, now and then with a boundary, a head or an end that is wrong. */
export function form(dice: Dice): Form {
  const boundary = !dice.odd(0.1) ? 'b0undary' : dice.one(['', '-', 'a'.repeat(71), 'a b', '"', "x'()+_,-./:=?", 'é']);
  const used = !dice.odd(0.05) ? boundary : `${boundary}x`;
  const parts = Array.from({ length: dice.one([0, 1, 1, 2, 5, 30]) }, () => part(dice, used));
  const end = !dice.odd(0.1)
    ? `--${used}--\r\n`
    : dice.one(['', `--${used}`, `--${used}--`, `--${used}--\r\nrest\r\n`.repeat(50)]);
  const body = Buffer.concat([...parts, Buffer.from(end)]);
  const named = !dice.odd(0.05)
    ? `; boundary=${boundary}`
    : dice.one(['', '; boundary', '; boundary="', `; boundary="${boundary}"`]);
  return {
    type: `multipart/${!dice.odd(0.03) ? 'form-data' : dice.one(['mixed', '', 'form-data2'])}${named}`,
    body: dice.odd(0.1) ? garble(dice, body) : body,
  };
}

function part(dice: Dice, boundary: string): Buffer {
  const name = text(dice, PATHS, 0.3).replaceAll(/[\r\n]/g, '');
  const disposition = !dice.odd(0.1)
    ? `form-data; name="${dice.one(['file', 'files', '', name])}"; filename="${name}"`
    : dice.one([
        'form-data; name="field"',
        'form-data',
        'attachment; filename="x"',
        "form-data; name=f; filename*=UTF-8''%2e%2e%2fx",
        '',
        'form-data; filename="a"; filename="b"',
      ]);
  const heads = [
    `Content-Disposition: ${disposition}`,
    ...(dice.chance(0.3)
      ? [
          dice.one([
            'Content-Type: text/html',
            'Content-Type: multipart/mixed; boundary=c',
            'Content-Transfer-Encoding: base64',
            `X-Long: ${'x'.repeat(20_000)}`,
            ': ',
            'no colon',
          ]),
        ]
      : []),
  ];
  const head = `--${boundary}\r\n${heads.join('\r\n')}\r\n\r\n`;
  return Buffer.concat([Buffer.from(head), dice.bytes(dice.one([0, 1, 20, 300])), Buffer.from('\r\n')]);
}
