import { randomBytes, randomInt } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { Gone, get, getJson, send, sha256Of } from './client.ts';

/** A version that the server said yes to, and what else it said yes to there. */
interface VersionKnown {
  tags?: Record<string, string>;
  digest?: string;
  promoted?: boolean;
}

interface ModelKnown {
  /** Creations that were acknowledged, at once or when they were repeated. */
  created: number;
  /** The version that the alias was last set to, and the one that it may have been set to since. */
  alias: number | null;
  tried: number | null;
}

/** A creation without an answer. Repeated with its key it must have one effect. */
interface Lost {
  model: string;
  key: string;
}

/** What the server said yes to: every one of these must be there for ever. */
export interface Known {
  acknowledged: number;
  models: Map<string, ModelKnown>;
  versions: Map<string, VersionKnown>;
  artifacts: Map<string, string>;
  lost: Lost[];
}

export const nothingYet = (): Known => ({
  acknowledged: 0,
  models: new Map(),
  versions: new Map(),
  artifacts: new Map(),
  lost: [],
});

export const pathOf = (model: string, number?: number): string =>
  `/models/${encodeURIComponent(model)}${number === undefined ? '' : `/versions/${number}`}`;

/** The answer, which must be a yes. It is counted: what it says stands from now on. */
// biome-ignore lint/suspicious/noExplicitAny: whatever the server answers
async function done(known: Known, ...asked: Parameters<typeof send>): Promise<any> {
  const { status, bytes } = await send(...asked);
  if (status !== 200 && status !== 201) throw new Error(`${asked[1]} ${asked[2]}: ${status} ${bytes}`);
  known.acknowledged += 1;
  return JSON.parse(bytes.toString());
}

/** One client that registers, creates, uploads, seals, tags, promotes and points an alias, until the server is gone. */
export async function write(server: string, model: string, known: Known): Promise<void> {
  try {
    if (!known.models.has(model)) {
      await done(known, server, 'POST', '/models', { name: model }, { 'idempotency-key': encodeURIComponent(model) });
      known.models.set(model, { created: 0, alias: null, tried: null });
    }
    for (;;) await publish(server, model, known);
  } catch (error) {
    if (!(error instanceof Gone)) throw error;
  }
}

async function publish(server: string, model: string, known: Known): Promise<void> {
  const number = await create(server, { model, key: randomBytes(8).toString('hex') }, known);
  const path = pathOf(model, number);
  const version = known.versions.get(path) as VersionKnown;
  for (const name of ['a.bin', 'deep/b.bin']) {
    const bytes = randomBytes(randomInt(100) === 0 ? 1_500_000 : randomInt(12_000));
    await done(known, server, 'PUT', `${path}/artifacts/${name}`, bytes);
    known.artifacts.set(`${path}/artifacts/${name}`, sha256Of(bytes));
  }
  version.digest = (await done(known, server, 'POST', `${path}/seal`)).digest;
  const tags = { nonce: randomBytes(4).toString('hex') };
  await done(known, server, 'PATCH', path, { tags });
  version.tags = tags;
  await done(known, server, 'POST', `${path}/promotions`, { to: 'production' });
  version.promoted = true;
  const own = known.models.get(model) as ModelKnown;
  own.tried = number;
  await done(known, server, 'PUT', `${pathOf(model)}/aliases/best`, { version: number });
  own.alias = number;
}

async function create(server: string, lost: Lost, known: Known): Promise<number> {
  const { model, key } = lost;
  try {
    const { number } = await done(
      known,
      server,
      'POST',
      `${pathOf(model)}/versions`,
      { metrics: { auc: 0.5 } },
      {
        'idempotency-key': key,
      },
    );
    known.versions.set(pathOf(model, number), {});
    (known.models.get(model) as ModelKnown).created += 1;
    return number;
  } catch (error) {
    if (error instanceof Gone) known.lost.push(lost);
    throw error;
  }
}

/** Repeats every creation that got no answer. */
export async function repeatLost(server: string, known: Known): Promise<void> {
  for (const lost of known.lost.splice(0)) await create(server, lost, known);
}

/** Reads, all the time, whole artifacts of the newest versions, acknowledged or not. */
export async function readAlong(server: string, known: Known): Promise<void> {
  try {
    for (;;) {
      const models = [...known.models.keys()].slice(-50);
      if (models.length > 0) await readNewest(server, models[randomInt(models.length)] as string);
      await sleep(10);
    }
  } catch (error) {
    if (!(error instanceof Gone)) throw error;
  }
}

async function readNewest(server: string, model: string): Promise<void> {
  const { items } = await getJson(server, `${pathOf(model)}/versions?page_size=1&sort=-number`);
  for (const { number } of items) {
    const at = `${pathOf(model, number)}/artifacts`;
    for (const { path, sha256, size_bytes } of (await getJson(server, at)).items) {
      const { headers, bytes } = await get(server, `${at}/${path}`);
      const seen = { length: Number(headers['content-length']), sha256: sha256Of(bytes) };
      if (seen.length !== size_bytes || seen.sha256 !== sha256)
        throw new Error(`${at}/${path} is not whole: ${JSON.stringify(seen)}`);
    }
  }
}
