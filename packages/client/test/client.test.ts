import { describe, expect, it } from 'vitest';
import { createClient, problemOf } from '../src/index.ts';

function answering(status: number, body: unknown) {
  const requests: Request[] = [];
  const fetch = async (request: Request) => {
    requests.push(request);
    const type = status < 400 ? 'application/json' : 'application/problem+json';
    return new Response(JSON.stringify(body), { status, headers: { 'content-type': type } });
  };
  return { requests, fetch };
}

describe('createClient', () => {
  it('encodes names, and says who asks', async () => {
    const { requests, fetch } = answering(200, { name: 'a b/模' });
    const client = createClient({ server: 'http://h:1/', actor: 'Ädä 李', token: 't', fetch });
    const { data } = await client.GET('/api/v1/models/{name}', { params: { path: { name: 'a b/模' } } });
    expect(data?.name).toBe('a b/模');
    expect(requests[0]?.url).toBe('http://h:1/api/v1/models/a%20b%2F%E6%A8%A1');
    const actor = requests[0]?.headers.get('x-assayer-actor') ?? '';
    expect(Buffer.from(actor, 'latin1').toString('utf8')).toBe('Ädä 李');
    expect(requests[0]?.headers.get('authorization')).toBe('Bearer t');
  });

  it('gives problems as they are', async () => {
    const problem = { type: '/problems/model-not-found', title: 'No', status: 404, detail: 'There is no model x.' };
    const { fetch } = answering(404, problem);
    const client = createClient({ server: 'http://h', fetch });
    const { error } = await client.GET('/api/v1/models/{name}', { params: { path: { name: 'x' } } });
    expect(problemOf(error)).toEqual(problem);
    for (const other of [undefined, null, 'text', {}, { status: 404 }]) expect(problemOf(other)).toBeUndefined();
  });
});
