import { createHash, randomBytes, randomInt } from 'node:crypto';

/** What the server said yes to: every one of these must be there for ever. */
export interface Acknowledged {
  models: Set<string>;
  versions: Set<string>;
  tags: Map<string, Record<string, string>>;
  artifacts: Map<string, string>;
  digests: Map<string, string>;
}

export const nothingYet = (): Acknowledged => ({
  models: new Set(),
  versions: new Set(),
  tags: new Map(),
  artifacts: new Map(),
  digests: new Map(),
});

export function countOf(known: Acknowledged): number {
  return Object.values(known).reduce((sum, kind) => sum + kind.size, 0);
}

/** One client that registers, uploads, seals, tags and promotes until the server is gone. */
export async function write(server: string, client: string, known: Acknowledged, signal: AbortSignal): Promise<void> {
  const model = `model ${client}`;
  try {
    if (!known.models.has(model)) {
      await post(server, '/models', { name: model }, signal);
      known.models.add(model);
    }
    for (let round = 0; !signal.aborted; round += 1) await publish(server, model, known, signal, round);
  } catch (error) {
    if (!isGone(error)) throw error;
  }
}

async function publish(server: string, model: string, known: Acknowledged, signal: AbortSignal, round: number) {
  const at = `/models/${encodeURIComponent(model)}`;
  const { number } = await post(server, `${at}/versions`, { metrics: { round } }, signal);
  const version = `${at}/versions/${number}`;
  known.versions.add(version);
  for (const path of ['a.bin', 'deep/b.bin']) {
    const bytes = randomBytes(randomInt(0, round % 5 === 0 ? 3_000_000 : 60_000));
    const sha256 = createHash('sha256').update(bytes).digest('hex');
    await send(server, `${version}/artifacts/${path}`, { method: 'PUT', body: bytes, signal });
    known.artifacts.set(`${version}/artifacts/${path}`, sha256);
  }
  const { digest } = await post(server, `${version}/seal`, undefined, signal);
  known.digests.set(version, digest);
  const tags = { round: String(round), nonce: randomBytes(4).toString('hex') };
  await send(server, version, { method: 'PATCH', ...json({ tags }), signal });
  known.tags.set(version, tags);
  await post(server, `${version}/promotions`, { to: 'production' }, signal);
  await send(server, `${at}/aliases/champion`, { method: 'PUT', ...json({ version: number }), signal });
}

export async function get(server: string, path: string) {
  const response = await fetch(`${server}/api/v1${path}`);
  if (!response.ok) throw new Error(`GET ${path}: ${response.status} ${await response.text()}`);
  return response;
}

// biome-ignore lint/suspicious/noExplicitAny: whatever the server answers
export const getJson = async (server: string, path: string): Promise<any> => (await get(server, path)).json();

const post = (server: string, path: string, body: unknown, signal: AbortSignal) =>
  send(server, path, { method: 'POST', ...(body === undefined ? {} : json(body)), signal });

const json = (body: unknown) => ({ headers: { 'content-type': 'application/json' }, body: JSON.stringify(body) });

class Answered extends Error {}

async function send(server: string, path: string, init: RequestInit) {
  const response = await fetch(`${server}/api/v1${path}`, init);
  const text = await response.text();
  if (!response.ok) throw new Answered(`${init.method} ${path}: ${response.status} ${text}`);
  return JSON.parse(text);
}

/** A connection that broke is what the test is about; an answer that says no is not. */
function isGone(error: unknown): boolean {
  return !(error instanceof Answered);
}
