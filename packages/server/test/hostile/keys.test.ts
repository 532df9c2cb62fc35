import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { startServer } from '../support/server-process.ts';

it('keys that one client sends change no keys of another', async () => {
  const data = await mkdtemp(join(tmpdir(), 'assayer-keys-'));
  const server = await startServer(['--data', data]);
  const register = async (text: string) => {
    const body = { method: 'POST', headers: { 'content-type': 'application/json' }, body: text };
    const answer = await fetch(`${server.url}/api/v1/models`, body);
    expect(answer.status, text).toBe(201);
  };
  // Read as text, since this process may take one key for another too.
  const tagsOf = async (name: string) =>
    /"tags":(\{[^}]*\})/.exec(await (await fetch(`${server.url}/api/v1/models/${name}`)).text())?.[1];
  try {
    for (let i = 0; i < 20; i += 1) await register(`{"name":"evil-${i}","tags":{"a":"1","\\\\":"x","q\\\\":"y"}}`);
    await register('{"name":"quoted","tags":{"a":"1","\\"":"2"}}');
    await register('{"name":"letter","tags":{"a":"1","\\u0041":"2"}}');
    await register('{"name":"accent","tags":{"a":"1","\\\\":"2","q\\u00e9":"3"}}');
    expect(await tagsOf('quoted')).toBe('{"a":"1","\\"":"2"}');
    expect(await tagsOf('letter')).toBe('{"a":"1","A":"2"}');
    expect(await tagsOf('accent')).toBe('{"a":"1","\\\\":"2","qé":"3"}');
    // What is stored is read again when it changes.
    const patched = await fetch(`${server.url}/api/v1/models/quoted`, {
      method: 'PATCH',
      headers: { 'content-type': 'application/merge-patch+json' },
      body: '{"tags":{"b":"3"}}',
    });
    expect(patched.status).toBe(200);
    expect(await tagsOf('quoted')).toBe('{"a":"1","\\"":"2","b":"3"}');
  } finally {
    await server.stop();
    await rm(data, { recursive: true });
  }
});
