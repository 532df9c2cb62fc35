import { execFileSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { python } from '../../../test/support/tiny-models/corpus.ts';
import { bytesSource } from '../byte-source.ts';
import { inspect } from '../inspect.ts';
import { streamOf } from '../reader.ts';
import { printable } from '../report.ts';
import { allowedNames, isAllowed } from './allow-list.ts';
import { readPickles } from './inspect-pickle.ts';
import { isUnsafe } from './known-unsafe.ts';
import { OPERATIONS } from './operations.ts';
import { fromPython2 } from './python2-names.ts';

const latin1 = (text: string) => Buffer.from(text, 'latin1');
const short = (text: string) => Buffer.concat([Buffer.from([0x8c, Buffer.byteLength(text)]), Buffer.from(text)]);
const told = (bytes: Uint8Array) => inspect(bytesSource(bytes), 'x');
const read = (bytes: Uint8Array) => readPickles(streamOf(bytesSource(bytes)));

describe('pickle, opcode by opcode', () => {
  it('S3 knows all 68 opcodes', () => {
    expect(OPERATIONS.filter(Boolean)).toHaveLength(68);
  });

  it.each([
    // pickle.dumps([1, {'a': (1.5, None, True)}], protocol) of Python 3.11
    ['0', 'KGxwMApJMQphKGRwMQpWYQpwMgooRjEuNQpOSTAxCnRwMwpzYS4='],
    ['4', 'gASVGwAAAAAAAABdlChLAX2UjAFhlEc/+AAAAAAAAE6Ih5RzZS4='],
  ])('S3 reads protocol %s to its end', (protocol, base64) => {
    const { verdict, format, facts } = told(Buffer.from(base64, 'base64'));
    expect({ verdict, format, protocol: facts.protocol, streams: facts.streams }).toEqual({
      verdict: 'clean',
      format: 'pickle',
      protocol: Number(protocol),
      streams: 1,
    });
  });

  it.each([
    ['GLOBAL', 'cos\nsystem\n(Vtrue\ntR.'],
    ['INST', '(Vtrue\nios\nsystem\n.'],
    ['INST at the end of the file, without a newline', '(Vtrue\nios\nsystem\r'],
    ['OBJ', '(cos\nsystem\nVtrue\no.'],
    ['a name out of the memo', '\x80\x04\x8c\x02osp7\n0g 0_7\n\x8c\x06system\x93)R.'],
    ['a name under a mark that POP takes', '\x80\x04\x8c\x02os(0\x8c\x06system\x93)R.'],
    [
      'a frame that cuts a name, which the C unpickler reads on behind',
      '\x80\x04\x95\x03\0\0\0\0\0\0\0cnumpos\nsystem\n)R.',
    ],
    ['an extension code', '\x80\x02\x82\x07)R.'],
    ['a name of Python 2', 'c__builtin__\neval\n(Vtrue\ntR.'],
  ])('S3 finds what a loader would run: %s', (_, program) => {
    expect(told(latin1(program)).verdict).toBe('unsafe');
  });

  it('S3 an unsafe import stays unsafe, whatever comes after it', () => {
    for (const tail of ['', '\xff', 'R', ')R', '.rest']) {
      expect(told(latin1(`\x80\x04\x8c\x02os\x8c\x06system\x93${tail}`)).verdict).toBe('unsafe');
    }
  });

  it('S2 the names that Python 3 writes for old protocols are judged as it reads them', () => {
    expect(told(latin1('ccopy_reg\n_reconstructor\n(c__builtin__\nobject\nc__builtin__\nobject\nNtR.')).verdict).toBe(
      'clean',
    );
    expect(told(latin1('\x80\x04c__builtin__\nobject\n)R.')).verdict).toBe('suspicious');
  });

  it('S2 no name is both allowed and unsafe, and none is allowed by prefix', () => {
    expect([...allowedNames()].filter(([module, name]) => isUnsafe(module, name))).toEqual([]);
    expect(isAllowed('sklearn.utils._testing', 'check_output')).toBe(false);
    expect(isAllowed('numpy', 'ndarray.tolist')).toBe(false);
    expect(isAllowed('__proto__', 'toString')).toBe(false);
  });

  it('S2 an import outside the allow-list is never clean', () => {
    const name = fc.stringMatching(/^[A-Za-z_][A-Za-z_0-9.]{0,20}$/);
    fc.assert(
      fc.property(name, name, fc.constantFrom(2, 3, 4, 5), (module, attribute, proto) => {
        const bytes = Buffer.concat([Buffer.from([0x80, proto]), short(module), short(attribute), latin1('\x93.')]);
        const real = proto < 3 ? fromPython2(module, attribute) : { module, name: attribute };
        fc.pre(!isAllowed(real.module, real.name));
        expect(told(bytes).verdict).not.toBe('clean');
      }),
      { numRuns: 2000 },
    );
  });

  it('S8 any bytes are read without an exception and in bounded time', () => {
    const opcodes = OPERATIONS.flatMap((operation, code) => (operation ? [code] : []));
    const piece = fc.oneof(
      fc.constantFrom(...opcodes).map((code) => Buffer.from([code])),
      fc.uint8Array({ maxLength: 9 }).map((bytes) => Buffer.from(bytes)),
      fc.constantFrom('cnumpy\nndarray\n', '\x8c\x05numpy', 'I5\n', '(N', 'p1\n', 'g1\n').map(latin1),
    );
    fc.assert(
      fc.property(fc.array(piece, { maxLength: 60 }), (pieces) => {
        const { verdict, findings } = told(Buffer.concat([Buffer.from([0x80, 4]), ...pieces]));
        expect(findings.length).toBeLessThanOrEqual(100);
        if (verdict === 'clean') expect(findings).toEqual([]);
      }),
      { numRuns: 5000 },
    );
  });

  it("S3 every name that CPython's unpicklers ask for is seen, on random programs", () => {
    const script = fileURLToPath(new URL('../../../test/support/tiny-models/asked.py', import.meta.url));
    const out = execFileSync(python(), [script, '7', '4000'], {
      maxBuffer: 64 * 1024 * 1024,
      stdio: ['ignore', 'pipe', 'ignore'],
    });
    const cases: [string, [string, string][], [string, string][], boolean][] = JSON.parse(out.toString());
    const missed: string[] = [];
    const refused: string[] = [];
    for (const [base64, byC, byPython, loaded] of cases) {
      const reading = read(Buffer.from(base64, 'base64'));
      const { worst } = reading.report;
      if (loaded && worst === 'malformed' && reading.facts.streams === 0) refused.push(base64);
      for (const [module, name] of [...byC, ...byPython]) {
        const real = fromPython2(module, name);
        const seen = [`${module}.${name}`, `${real.module}.${real.name}`].some((n) =>
          reading.imports.includes(printable(n, 200)),
        );
        if (!seen && worst !== 'unsafe') missed.push(`${module}.${name} in ${base64}`);
      }
    }
    expect({ missed, refused }).toEqual({ missed: [], refused: [] });
    expect(cases.length).toBe(4000);
  });
});
