import { Readable } from 'node:stream';
import { describe, expect, it } from 'vitest';
import { inParallel } from '../../blobs/parallel.ts';
import { linesOf } from '../../events/lines.ts';
import { Ended } from '../exit.ts';
import { endOf, unreachable } from './answer.ts';
import { connect } from './connect.ts';
import { ConnectionLost, withRetries } from './retry.ts';
import { artifactUrl } from './transfer.ts';

const QUICK = { tries: 4, pauseMs: 1, mostMs: 2, waitForStart: false };
const lost = (code: string) => new ConnectionLost(Object.assign(new Error(code), { code }));

describe('withRetries', () => {
  it('tries again on 503 and on a lost connection, and gives up', async () => {
    const answers = [503, lost('ECONNRESET'), 200];
    const seen: number[] = [];
    const attempt = async (n: number) => {
      seen.push(n);
      const next = answers[n - 1];
      if (typeof next === 'number') return { status: next };
      throw next ?? lost('ECONNRESET');
    };
    expect(await withRetries(QUICK, attempt)).toEqual({ status: 200 });
    answers.splice(0, 3, 503, 500, 502, 503);
    expect(await withRetries(QUICK, attempt)).toEqual({ status: 503 });
    expect(seen).toEqual([1, 2, 3, 1, 2, 3, 4]);
  });

  it('does not repeat a refusal, nor wait for nobody', async () => {
    let calls = 0;
    const refuse = async () => ({ status: [409, 507, 413][calls++] as number });
    for (const status of [409, 507, 413]) expect(await withRetries(QUICK, refuse)).toEqual({ status });
    const nobody = () => withRetries(QUICK, async () => Promise.reject(lost('ECONNREFUSED')));
    await expect(nobody()).rejects.toThrow('ECONNREFUSED');
    expect(calls).toBe(3);
  });
});

describe('addresses', () => {
  it('hold names of any kind', () => {
    expect(artifactUrl('http://h', 'a b/模', '@x', 'd e/100%25 #?.txt')).toBe(
      'http://h/api/v1/models/a%20b%2F%E6%A8%A1/versions/%40x/artifacts/d%20e/100%2525%20%23%3F.txt',
    );
  });

  it.each([
    ['localhost:5050', 'http://localhost:5050'],
    ['https://h/prefix/', 'https://h/prefix'],
  ])('%s', (server, expected) => {
    expect(connect({ server }).server).toBe(expected);
  });

  it.each(['ftp://h', 'http://h?x=1', '', 'http://'])('%j is misuse', (server) => {
    expect(() => connect({ server })).toThrow(Ended);
  });
});

describe('endOf', () => {
  it('a problem becomes words, a code and a document', () => {
    const problem = {
      type: '/problems/check-failed',
      title: 't',
      status: 422,
      detail: 'Refused.',
      checks: [
        { check: 'sealed', outcome: 'failed', detail: 'it is open', remedy: 'seal it' },
        { check: 'verdict', outcome: 'passed', detail: 'clean' },
      ],
    };
    expect(endOf(422, problem)).toMatchObject({
      code: 1,
      message: 'Refused.',
      lines: ['✗ sealed: it is open → seal it', '✓ verdict: clean'],
      document: problem,
    });
    expect(endOf(500, { ...problem, checks: [], request_id: 'r' })).toMatchObject({ code: 3, lines: ['request_id r'] });
    expect(endOf(404, '<html>')).toMatchObject({ code: 1, message: expect.stringContaining('Is the address right?') });
  });
});

describe('advice', () => {
  const told = (kind: string, detail: string, members: object = {}) =>
    endOf(404, { type: `/problems/${kind}`, title: 't', status: 404, detail, ...members }).lines;
  const seal = [{ check: 'sealed', outcome: 'failed', detail: 'open', remedy: 'seal it with POST /x/seal' }];
  const table: [string, string, object, string][] = [
    ['model-not-found', 'Register it with POST /models.', { model: 'churn' }, 'assayer push churn PATH'],
    [
      'model-not-found',
      'Restore it with POST /models/{name}/restore.',
      { model: 'a b', deregistered: {} },
      "restore 'a b'",
    ],
    [
      'alias-not-found',
      'Set it with PUT /x.',
      { model: 'churn', alias: 'best' },
      'assayer alias set churn/NUMBER best',
    ],
    ['in-production', 'Archive it first, or repeat with force=true.', {}, '--force'],
    ['not-in-trash', 'Deregister it first with DELETE /models/{name}.', { model: 'churn' }, 'assayer rm churn'],
    ['check-failed', 'No.', { checks: seal }, '--version NUMBER'],
  ];
  it.each(table)('%s: %s', (kind, detail, members, advice) => {
    expect(told(kind, detail, members).at(-1)).toContain(advice);
  });

  it('is given only where the server speaks of its API', () => {
    expect(told('model-not-found', 'It was renamed.')).toEqual([]);
    expect(told('other', 'Use POST /x.')).toEqual([]);
  });
});

describe('unreachable', () => {
  const failed = (cause: Error) => new ConnectionLost(new TypeError('fetch failed', { cause }));
  it.each([
    [new Error('bad port'), /bad port/],
    [Object.assign(new Error('getaddrinfo ENOTFOUND h'), { code: 'ENOTFOUND' }), /there is no such host/],
    [new AggregateError([Object.assign(new Error('connect'), { code: 'ECONNREFUSED' })]), /nobody listens there/],
    [
      Object.assign(new Error('self-signed certificate'), { code: 'DEPTH_ZERO' }),
      /self-signed certificate \(DEPTH_ZERO\)/,
    ],
  ])('%s', (cause, words) => {
    const { message } = unreachable('http://h', failed(cause));
    expect(message).toMatch(words);
    expect(message).not.toContain('fetch failed');
  });
});

describe('inParallel', () => {
  it('keeps to its width, and stops at the first failure', async () => {
    let now = 0;
    let most = 0;
    const begun: number[] = [];
    const work = async (n: number) => {
      begun.push(n);
      most = Math.max(most, ++now);
      await new Promise((resolve) => setTimeout(resolve, 2));
      now -= 1;
      if (n === 5) throw new Error('five');
    };
    const all = Array.from({ length: 50 }, (_, n) => n);
    await expect(inParallel(3, all, work)).rejects.toThrow('five');
    expect(most).toBe(3);
    expect(now).toBe(0);
    expect(begun.length).toBeLessThan(12);
  });
});

describe('linesOf', () => {
  it('does not care where chunks end', async () => {
    const bytes = Buffer.from('one\ntwø\n\nlast');
    for (const size of [1, 2, 3, 100]) {
      const chunks = Array.from({ length: Math.ceil(bytes.length / size) }, (_, i) =>
        bytes.subarray(i * size, (i + 1) * size),
      );
      const lines: Buffer[] = [];
      for await (const line of linesOf(Readable.from(chunks, { objectMode: true }))) lines.push(line);
      expect(lines.map(String)).toEqual(['one', 'twø', '', 'last']);
    }
  });
});
