import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type ServerProcess, startServer } from '../support/server-process.ts';

const MiB = 1024 * 1024;
const many = (count: number, value: (i: number) => unknown) =>
  Object.fromEntries(Array.from({ length: count }, (_, i) => [`key ${i}`, value(i)]));

// What a process used stands in /proc.
describe.runIf(process.platform === 'linux')('the cost of one request', () => {
  let data = '';
  let server: ServerProcess;
  const send = (method: string, path: string, body?: object | Uint8Array<ArrayBuffer>, type = 'application/json') =>
    fetch(`${server.url}/api/v1${path}`, {
      method,
      ...(body && {
        headers: { 'content-type': type },
        body: body instanceof Uint8Array ? body : JSON.stringify(body),
      }),
    });

  beforeAll(async () => {
    data = await mkdtemp(join(tmpdir(), 'assayer-cost-'));
    server = await startServer(['--data', data, '--reserve-bytes', '0']);
    await send('POST', '/models', { name: 'churn' });
    const description = 'ab '.repeat(300);
    for (let i = 0; i < 60; i += 1)
      await Promise.all(
        Array.from({ length: 50 }, async (_, k) => {
          const body = { description, metrics: { auc: i / (k + 1) }, tags: { a: `${i} ${k}` } };
          expect((await send('POST', '/models/churn/versions', body)).status).toBe(201);
        }),
      );
    await send('POST', '/models', { name: 'long' });
    await send('POST', '/models/long/versions', {});
    for (let i = 0; i < 60; i += 1) {
      const patch = { card: `${i} `.padEnd(470_000, 'ж') };
      const answer = await send('PATCH', '/models/long/versions/1', patch);
      expect(answer.status, await answer.text()).toBe(200);
    }
  });
  afterAll(async () => {
    await server.stop();
    await rm(data, { recursive: true, force: true });
  });

  const like = `'${'%a%b'.repeat(10)}'`;
  const query = (filter: string) => `/versions?page_size=1000&filter=${encodeURIComponent(filter)}`;
  const all = (count: number, one: (i: number) => string, by: string) =>
    Array.from({ length: count }, (_, i) => one(i)).join(by);
  const form = (files: number) => {
    const part = (i: number) => `--b\r\nContent-Disposition: form-data; name="f"; filename="f${i}"\r\n\r\n${i}\r\n`;
    return Buffer.from(`${all(files, part, '')}--b--\r\n`) as Uint8Array<ArrayBuffer>;
  };

  const REQUESTS: [what: string, status: number, ask: () => Promise<Response>][] = [
    ['a page of a thousand', 200, () => send('GET', '/versions?page_size=1000')],
    ['a filter of many patterns', 200, () => send('GET', query(all(55, (i) => `tags.a${i % 2} LIKE ${like}`, ' OR ')))],
    [
      'a filter of patterns over texts',
      200,
      () => send('GET', query(all(55, () => `description LIKE ${like}`, ' AND '))),
    ],
    [
      'a filter that is refused at its last word',
      400,
      () => send('GET', query(`${all(99, (i) => `name='${i}'`, ' OR ')} nonsense`)),
    ],
    ['a filter of many values', 200, () => send('GET', query(`number IN (${all(1_000, String, ',')})`))],
    ['sixteen words', 200, () => send('GET', `/versions?page_size=1000&q=${all(16, () => 'a', '+')}`)],
    [
      'a sort by what is not indexed',
      200,
      () => send('GET', '/versions?page_size=1000&sort=-metrics.auc,verdict,-framework'),
    ],
    [
      'a thousand tags',
      201,
      () => send('POST', '/models/churn/versions', { tags: many(1_000, () => 'v'.repeat(900)) }),
    ],
    [
      'twenty versions compared, of a thousand tags each',
      200,
      () => send('GET', `/compare?${all(20, () => 'version=churn/latest', '&')}`),
    ],
    ['five thousand metrics', 201, () => send('POST', '/models/churn/versions', { metrics: many(5_000, (i) => i) })],
    [
      'twenty versions compared, of five thousand metrics each',
      200,
      () => send('GET', `/compare?${all(20, () => 'version=churn/latest', '&')}`),
    ],
    [
      'properties of a megabyte',
      201,
      () =>
        send('POST', '/models/churn/versions', { properties: many(500, () => ['x'.repeat(1_900), { a: [1, 2, 3] }]) }),
    ],
    [
      'twenty versions compared, of a megabyte of properties each',
      200,
      () => send('GET', `/compare?${all(20, () => 'version=churn/latest', '&')}`),
    ],
    ['a page of what is live', 200, () => send('GET', '/live?page_size=1000')],
    ['a megabyte of brackets', 400, () => send('POST', '/models', new Uint8Array(MiB).fill(0x5b))],
    ['a megabyte of one number', 400, () => send('POST', '/models', new Uint8Array(MiB).fill(0x39))],
    [
      'a form of a thousand files',
      404,
      () => send('POST', '/models/nobody/versions/1/artifacts', form(1_000), 'multipart/form-data; boundary=b'),
    ],
    [
      'a head full of headers',
      200,
      () =>
        fetch(`${server.url}/healthz`, {
          headers: Object.fromEntries(Array.from({ length: 900 }, (_, i) => [`x${i}`, '1'])),
        }),
    ],
  ];

  const mlflow = (method: string, path: string, body?: object) =>
    fetch(`${server.url}/api/2.0/mlflow${path}`, {
      method,
      ...(body && { headers: { 'content-type': 'application/json' }, body: JSON.stringify(body) }),
    });
  const files = () => `${server.url}/api/2.0/mlflow-artifacts/artifacts`;
  let run_id = '';

  /** 3,000 runs, and 5,000 files of one of them. */
  async function fillRuns() {
    for (let i = 0; i < 75; i += 1)
      await Promise.all(
        Array.from({ length: 40 }, async (_, k) => {
          const tags = [{ key: 'a', value: `${i} ${k}`.padEnd(200, 'x') }];
          const answer = await mlflow('POST', '/runs/create', { experiment_id: '0', run_name: `${i} ${k}`, tags });
          expect(answer.status).toBe(200);
          ({ run_id } = ((await answer.json()) as { run: { info: { run_id: string } } }).run.info);
        }),
      );
    for (let i = 0; i < 100; i += 1)
      await Promise.all(
        Array.from({ length: 50 }, async (_, k) => {
          const url = `${files()}/0/${run_id}/artifacts/many/${i * 50 + k}.bin`;
          expect((await fetch(url, { method: 'PUT', body: `${k}` })).status).toBe(200);
        }),
      );
  }

  const metrics = Array.from({ length: 1_000 }, (_, i) => ({ key: `m ${i}`, value: i, timestamp: i, step: i }));
  const dataset = { name: 'd', digest: '1', source_type: 't', source: 's', profile: 'x'.repeat(16 * MiB - 1) };
  const worst = Array(20).fill("tags.a LIKE '%1%2%3%y%'").join(' AND ');
  const TRAINING: typeof REQUESTS = [
    ['a batch of a thousand metrics', 200, () => mlflow('POST', '/runs/log-batch', { run_id, metrics })],
    [
      'a search of runs whose filter finds nothing',
      200,
      () => mlflow('POST', '/runs/search', { experiment_ids: ['0'], filter: worst, max_results: 50_000 }),
    ],
    ['a page of all runs', 200, () => mlflow('POST', '/runs/search', { experiment_ids: ['0'], max_results: 50_000 })],
    ['a default page of versions of models', 200, () => mlflow('GET', '/model-versions/search')],
    ['a list of five thousand files', 200, () => fetch(`${files()}?path=0/${run_id}/artifacts/many`)],
    [
      'a version of five thousand files',
      200,
      () => mlflow('POST', '/model-versions/create', { name: 'churn', source: `runs:/${run_id}/many`, run_id }),
    ],
    [
      'a data set with a profile of 16 MiB',
      200,
      () => mlflow('POST', '/runs/log-inputs', { run_id, datasets: [{ dataset, tags: [] }] }),
    ],
  ];

  /** What grows with what they read: the first one would leave room for the second. */
  const READS: typeof REQUESTS = [
    [
      'a version of the past, after many long changes,',
      200,
      () => send('GET', `/models/long/versions/1?as_of=${new Date().toISOString()}`),
    ],
    ['a page of events of long changes', 200, () => send('GET', '/events?page_size=50')],
    [
      'a pack of evidence of a version after many long changes',
      200,
      async () => {
        await send('POST', '/models/long/versions/1/seal');
        return send('GET', '/models/long/versions/1/evidence.zip');
      },
    ],
  ];

  it.each(READS)('R5 %s costs at most 5 s of CPU and 64 MiB', async (_what, status, ask) => {
    await assertCheap(status, ask);
  });

  it.each(REQUESTS)('R5 %s costs at most 5 s of CPU and 64 MiB', async (_what, status, ask) => {
    await (await ask()).arrayBuffer(); // what is compiled, cached and grown once is not the request's
    await assertCheap(status, ask);
  });

  it('R5 the heaviest calls of the MLflow API cost at most 5 s of CPU and 64 MiB each', async () => {
    await fillRuns();
    for (const [what, status, ask] of TRAINING) {
      await (await ask()).arrayBuffer();
      await assertCheap(status, ask, what);
    }
  }, 300_000);

  async function assertCheap(status: number, ask: () => Promise<Response>, what?: string) {
    const before = await usedBy(server.pid);
    const answer = await ask();
    const { byteLength } = await answer.arrayBuffer();
    const after = await usedBy(server.pid);
    expect(answer.status, what).toBe(status);
    expect(after.cpuSeconds - before.cpuSeconds, what).toBeLessThan(5);
    expect(after.peak - before.resident - byteLength, what).toBeLessThan(64 * MiB);
  }
});

/** CPU seconds so far, resident bytes now, and the most since the last question. */
async function usedBy(pid: number): Promise<{ cpuSeconds: number; resident: number; peak: number }> {
  const of = async (file: string) => readFile(`/proc/${pid}/${file}`, 'utf8');
  const [stat, status] = [await of('stat'), await of('status')];
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  const kilobytes = (name: string) => Number(new RegExp(`^${name}:\\s+(\\d+) kB`, 'm').exec(status)?.[1]) * 1024;
  await writeFile(`/proc/${pid}/clear_refs`, '5'); // the peak begins anew
  return {
    cpuSeconds: (Number(fields[11]) + Number(fields[12])) / 100,
    resident: kilobytes('VmRSS'),
    peak: kilobytes('VmHWM'),
  };
}
