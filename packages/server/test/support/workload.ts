import type { Answer, Opened } from './open-registry.ts';

/** Numbers that look random and are the same for the same seed (mulberry32). */
export function randomOf(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 4_294_967_296;
  };
}

/** Random requests over few names, so that they meet each other: many are refused, some change nothing. */
export function requestsOf(seed: number): () => { method: string; path: string; body?: unknown } {
  const random = randomOf(seed);
  const pick = <T>(items: readonly T[]): T => items[Math.floor(random() * items.length)] as T;
  const name = () => pick(['churn', 'fraud', 'modèle 模', 'a.b']);
  const model = (of = name()) => `/models/${encodeURIComponent(of)}`;
  const ref = () => pick(['1', '2', '3', '4', 'latest', '@champion', 'production', 'staging', 'draft', 'archived']);
  const version = () => `${model()}/versions/${encodeURIComponent(ref())}`;
  const metadata = () => ({
    ...(random() < 0.5 && { description: pick([null, 'one', 'two']) }),
    ...(random() < 0.5 && { tags: pick([{ a: '1' }, { b: '2', 'line\nbreak': 'x' }, {}]) }),
    ...(random() < 0.4 && { properties: pick([{ n: 1, deep: { x: 1, y: [1, { z: 2 }] } }, { n: 2.5 }, { t: true }]) }),
    ...(random() < 0.2 && { card: pick(['# card', null]) }),
  });
  const patch = () => ({
    ...metadata(),
    ...(random() < 0.4 && { tags: pick([null, { a: null }, { a: '3' }, { c: 'new' }]) }),
    ...(random() < 0.3 && { properties: pick([null, { deep: { x: null, w: 4 } }, { n: null }]) }),
  });
  const requests: (() => { method: string; path: string; body?: unknown })[] = [
    () => ({
      method: 'POST',
      path: '/models',
      body: { name: name(), ...metadata(), ...(random() < 0.3 && { owner: 'ada' }) },
    }),
    () => ({ method: 'POST', path: '/models', body: { name: name() } }),
    () => ({ method: 'PATCH', path: model(), body: patch() }),
    () => ({ method: 'POST', path: `${model()}/rename`, body: { name: name() } }),
    () => ({ method: 'DELETE', path: `${model()}?reason=r${pick(['', '&force=true'])}` }),
    () => ({ method: 'POST', path: `${model()}/restore` }),
    () => ({ method: 'POST', path: `${model()}/${pick(['purge', 'restore', 'restore'])}` }),
    () => ({
      method: 'POST',
      path: `${model()}/rollback`,
      body: { reason: 'r', ...(random() < 0.3 && { status: 'staging' }) },
    }),
    () => ({
      method: 'PATCH',
      path: version(),
      body: {
        ...patch(),
        ...(random() < 0.3 && {
          framework: pick(['sklearn', null]),
          lineage: pick([null, { run_id: 'r' }, { git_commit: 'c', run_id: null }]),
        }),
      },
    }),
    () => ({ method: 'DELETE', path: `${version()}?reason=r${pick(['', '&force=true'])}` }),
    () => ({ method: 'POST', path: `${version()}/${pick(['restore', 'restore', 'purge'])}` }),
  ];
  const often: typeof requests = [
    () => ({
      method: 'POST',
      path: `${model()}/versions`,
      body: { ...metadata(), ...(random() < 0.3 && { metrics: { auc: 0.5, loss: 'NaN' } }) },
    }),
    () => ({
      method: 'PUT',
      path: `${version()}/artifacts/${pick(['a', 'b/c', 'b', 'é'])}`,
      body: Buffer.from(pick(['x', 'y', 'verdict=unsafe', 'format=onnx'])),
    }),
    () => ({ method: 'DELETE', path: `${version()}/artifacts/${pick(['a', 'b/c'])}` }),
    () => ({ method: 'POST', path: `${version()}/seal` }),
    () => ({
      method: 'POST',
      path: `${version()}/promotions`,
      body: {
        to: pick(['draft', 'staging', 'production', 'archived']),
        ...(random() < 0.3 && { force: true, reason: 'r' }),
      },
    }),
    () => ({
      method: 'PUT',
      path: `${model()}/aliases/${pick(['champion', 'best', 'constructor'])}`,
      body: { version: ref() },
    }),
    () => ({ method: 'DELETE', path: `${model()}/aliases/${pick(['champion', 'best'])}` }),
    () => ({
      method: 'POST',
      path: `${version()}/metrics`,
      body: {
        metrics: [
          {
            name: pick(['auc', 'loss', '__proto__']),
            value: pick([0.1, 0.9, 'NaN', 'Infinity']),
            step: pick([0, 1, 2]),
          },
          { name: 'auc', value: pick([0.2, 0.3]), step: pick([1, 2]), at: '2026-01-01T00:00:00Z' },
        ],
      },
    }),
    () => ({
      method: 'POST',
      path: `${version()}/evaluations`,
      body: {
        dataset: { name: 'holdout', digest: pick(['sha256:aa', 'sha256:bb']) },
        metrics: { auc: pick([0.5, 0.75, 'NaN']) },
      },
    }),
  ];
  return () => pick(random() < 0.6 ? often : requests)();
}

/** Every row that a change may write, as text: two equal texts are one state. */
export async function stateOf({ db }: Opened): Promise<string> {
  const rows = [];
  for (const table of ['model', 'version', 'artifact', 'tenure', 'name_use'] as const)
    rows.push(
      await db.read
        .selectFrom(table)
        .selectAll()
        .orderBy(table === 'name_use' ? 'name_key' : ('id' as never))
        .execute(),
    );
  return JSON.stringify(rows);
}

export interface Seen {
  models: unknown[];
  versions: unknown[];
  production: unknown[];
  staging: unknown[];
}

/** What a reader sees of everything that is alive. */
export async function seenIn(t: Opened, query = ''): Promise<Seen> {
  async function all(path: string) {
    const items: unknown[] = [];
    for (let token: string | null = ''; token !== null; ) {
      const page: string = `${path}page_size=1000${query}${token && `&page_token=${token}`}`;
      const { json } = await t.get(page);
      items.push(...json.items);
      token = json.next_page_token;
    }
    return items;
  }
  return {
    models: await all('/models?'),
    versions: await all('/versions?'),
    production: await all('/live?'),
    staging: await all('/live?status=staging&'),
  };
}

export interface Step {
  request: { method: string; path: string; body?: unknown };
  answer: Answer;
  /** Events before and after. */
  from: number;
  to: number;
  /** The time after it, by the registry's clock. */
  at: number;
}
