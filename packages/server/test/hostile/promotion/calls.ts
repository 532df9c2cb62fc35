import type { NewPolicy, PolicyCheck, StatusRule } from '../../../src/contract/policy.ts';
import { Refused } from '../../../src/registry/refusals.ts';
import { randomOf } from '../../registry/workload.ts';
import { type Answer, DAY_MS, type Opened } from '../../support/open-registry.ts';

const STATUSES = ['draft', 'staging', 'production', 'archived'] as const;
const TARGETS = ['production', 'production', 'production', 'staging', 'staging', 'archived', 'draft'] as const;
const STAGES = ['Production', 'Production', 'Staging', 'Archived', 'None'];
const ALIASES = ['champion', 'next'];
const ACTORS = ['ada', 'bob', 'cy', 'dan'];
const SIGNATURES = [null, { inputs: [{ name: 'x', type: 'double' }] }, { inputs: [{ name: 'y', type: 'string' }] }];
const VERDICTS = ['clean', 'clean', 'clean', 'suspicious', 'unsafe'];
export const METRIC = 'quality';
const STEPS = 14;
const WAIT_MS = [0, 1, 1_000, 60_000];

/** Digests of files of each verdict, kept in the store once. */
export type Files = Record<string, string>;

export async function keepFiles(t: Opened): Promise<Files> {
  await t.post('/models', { name: 'files' });
  await t.post('/models/files/versions', {});
  const files: Files = {};
  for (const verdict of new Set(VERDICTS)) {
    const put = await t.ask('PUT', `/models/files/versions/1/artifacts/${verdict}`, {
      body: Buffer.from(`verdict=${verdict}`),
    });
    files[verdict] = put.json.sha256;
  }
  return files;
}

/** What became of the calls, by door and status. */
export type Tally = Record<string, number>;

/**
 * One sequence of calls about one model, some of them at once, through every door: versions and their evidence, policies,
 * promotions, aliases, rollbacks, reviews, names and the trash. What is refused is as good as what is done.
 */
export async function playSequence(t: Opened, files: Files, seed: number, tally: Tally): Promise<void> {
  const random = randomOf(seed);
  const one = <T>(of: readonly T[]): T => of[random(of.length)] as T;
  const chance = (percent: number) => random(100) < percent;
  let name = `s${seed}`;
  const waiting: number[] = [];
  const at = () => `/models/${name}`;
  const number = () => one([1, 1, 2, 2, 3, 4]);
  const version = () => `${at()}/versions/${number()}`;
  const actor = () => one(ACTORS);
  const value = () => (chance(4) ? 'NaN' : random(9) / 8);
  const dataset = () => ({ name: 'holdout', digest: one(['d1', 'd1', 'd2']) });

  async function ask(method: string, path: string, body?: unknown, headers: Record<string, string> = {}) {
    const answer = await t.ask(method, path, { body, actor: actor(), headers });
    return noted('native', answer);
  }
  async function mlflow(method: string, path: string, body: Record<string, unknown>) {
    return noted('mlflow', await t.mlflow(method, path, body, { 'x-assayer-actor': actor() }));
  }
  function noted(door: string, answer: Answer): Answer {
    const kind = answer.json?.type?.split('/').at(-1) ?? answer.json?.error_code ?? answer.json?.state ?? '';
    const key = `${door} ${answer.status} ${kind}`;
    tally[key] = (tally[key] ?? 0) + 1;
    if (answer.status >= 500) throw new Error(`${key}: ${answer.text}`);
    const id = answer.json?.id ?? /\/api\/v1\/promotions\/(\d+)/.exec(answer.json?.message ?? '')?.[1];
    if (answer.status === 202 || answer.json?.error_code === 'RESOURCE_CONFLICT') waiting.push(Number(id));
    return answer;
  }
  async function verb(call: () => Promise<unknown>) {
    try {
      await call();
      tally['verbs done'] = (tally['verbs done'] ?? 0) + 1;
    } catch (error) {
      if (!(error instanceof Refused)) throw error;
      tally[`verbs ${error.kind}`] = (tally[`verbs ${error.kind}`] ?? 0) + 1;
    }
  }
  const caller = () => ({ actor: { name: actor(), verified: false }, request_id: `s${seed}` });

  async function create() {
    const made = await ask('POST', `${at()}/versions`, {
      ...(chance(60) && { metrics: { [METRIC]: value() } }),
      ...(chance(60) && { card: '# Card' }),
      ...(chance(40) && { properties: { tier: one([1, null, 'low']) } }),
      ...(chance(40) && { tags: { team: one(['growth', '']) } }),
      ...(chance(60) && { signature: one(SIGNATURES.slice(1)) }),
    });
    if (made.status !== 201) return;
    const path = `${at()}/versions/${made.json.number}`;
    if (chance(30)) await ask('PUT', `${path}/artifacts/a?digest=sha256:${files[one(VERDICTS)]}`);
    if (chance(10)) await evaluate(path);
    if (chance(80)) await ask('POST', `${path}/seal`);
    if (chance(40)) await evaluate(path);
  }
  const evaluate = (path: string) =>
    ask('POST', `${path}/evaluations`, {
      dataset: dataset(),
      metrics: { [chance(90) ? METRIC : 'other']: value() },
      ...(chance(20) && { at: new Date(t.clock.now() - one([-1, 10, 40]) * DAY_MS).toISOString() }),
    });
  const said = () => ({ ...(chance(60) && { reason: 'as the dice fall' }), ...(chance(35) && { force: true }) });
  /** Of those that wait, as far as is known, and now and then of one that is over. */
  async function review(verb: string) {
    const id = waiting.length === 0 || chance(2) ? 1 + random(50) : one(waiting.slice(-4));
    const { json } = await ask('POST', `/promotions/${id}/${verb}`, { reason: 'r' });
    const known = waiting.indexOf(id);
    if (known >= 0 && json.state !== 'waiting' && json.status !== 403) waiting.splice(known, 1);
  }

  const calls: [weight: number, call: () => Promise<unknown>][] = [
    [8, create],
    [3, () => ask('POST', `${version()}/seal`)],
    [6, () => evaluate(version())],
    [4, () => ask('PUT', `${version()}/artifacts/${one(['a', 'b'])}?digest=sha256:${files[one(VERDICTS)]}`)],
    [1, () => ask('DELETE', `${version()}/artifacts/a`)],
    [4, () => ask('POST', `${version()}/metrics`, { metrics: [{ name: METRIC, value: value(), step: random(3) }] })],
    [3, () => ask('PATCH', version(), { card: one([null, '# Card']), tags: { team: one([null, 'x']) } })],
    [3, () => ask('PATCH', version(), { properties: { tier: one([null, 2]) }, signature: one(SIGNATURES) })],
    [20, () => ask('POST', `${version()}/promotions`, { to: one(TARGETS), ...said() })],
    [5, () => ask('POST', `${at()}/rollback`, { reason: 'r', ...(chance(40) && { force: true }) })],
    [8, () => ask('PUT', `${at()}/aliases/${one(ALIASES)}`, { version: number(), ...said() })],
    [2, () => ask('DELETE', `${at()}/aliases/${one(ALIASES)}`)],
    [26, () => review('approve')],
    [6, overtake],
    [2, () => review('reject')],
    [2, () => review('cancel')],
    [7, () => ask('PUT', `${at()}/policy`, policyOf(one, chance))],
    [1, () => ask('DELETE', `${at()}/policy`)],
    [1, () => ask('PUT', '/policies/default', chance(50) ? {} : policyOf(one, chance))],
    [1, () => ask('PUT', `/metric-definitions/${METRIC}`, { direction: one(['higher', 'lower', null]) })],
    [2, () => ask('DELETE', `${version()}?reason=r&force=true`)],
    [2, () => ask('POST', `${version()}/restore`)],
    [1, () => ask('DELETE', `${at()}?reason=r&force=true`).then(() => ask('POST', `${at()}/restore`))],
    [1, rename],
    [10, transition],
    [4, () => mlflow('POST', '/registered-models/alias', { name, alias: one(ALIASES), version: `${number()}` })],
    [1, () => mlflow('DELETE', '/registered-models/alias', { name, alias: one(ALIASES) })],
    [2, () => mlflow('POST', '/model-versions/create', { name, source: 's3://bucket/model' })],
    [1, () => mlflow('DELETE', '/model-versions/delete', { name, version: `${number()}` })],
    [3, () => verb(() => promoteByVerb())],
    [2, () => verb(() => t.registry.models.setAlias(caller(), name, one(ALIASES), `${number()}`, said()))],
    [1, () => verb(() => t.registry.promotions.expire())],
  ];
  /** What waits is approved under another policy than the one that it was asked for under. */
  async function overtake() {
    if (waiting.length === 0) return;
    await ask('PUT', `${at()}/policy`, policyOf(one, chance));
    for (let times = 0; times < 3; times += 1) await review('approve');
  }
  async function rename() {
    const to = name.endsWith('-b') ? name.slice(0, -2) : `${name}-b`;
    const { status } = await ask('POST', `${at()}/rename`, { name: to });
    if (status === 200) name = to;
  }
  function transition() {
    const stage = one(STAGES);
    const archive = chance(30) && (stage === 'Production' || stage === 'Staging');
    const body = { name, version: `${number()}`, stage, archive_existing_versions: archive };
    return mlflow('POST', '/model-versions/transition-stage', body);
  }
  function promoteByVerb() {
    const asked = { to: one(STATUSES), ...said(), archiveOthers: chance(30) };
    return t.registry.versions.promote(caller(), name, `${number()}`, asked);
  }

  const weighted = calls.flatMap(([weight, call]) => Array.from({ length: weight }, () => call));
  await ask('POST', '/models', { name });
  await create();
  if (chance(80)) await create();
  if (chance(70)) await ask('PUT', `${at()}/policy`, policyOf(one, chance));
  for (let step = 0; step < STEPS; step += 1) {
    t.clock.tick(chance(1) ? 15 * DAY_MS : one(WAIT_MS));
    await Promise.all(Array.from({ length: one([1, 1, 1, 2, 4]) }, () => one(weighted)()));
  }
}

function policyOf(one: <T>(of: readonly T[]) => T, chance: (percent: number) => boolean): NewPolicy {
  const rule = (): StatusRule => ({
    ...(chance(20) && { mode: 'warn' }),
    ...(chance(50) && { approvals: one([1, 1, 2, 0]) }),
    ...(chance(25) && { force: true }),
    ...(chance(15) && { expires_days: one([0.000_01, 3]) }),
    ...(chance(80) && { checks: Array.from({ length: one([1, 1, 2, 3]) }, () => checkOf(one, chance)) }),
  });
  const live = (): StatusRule => ({
    ...rule(),
    ...(chance(50) && { single: chance(80) }),
    ...(chance(40) && { rollback: one(['free', 'approvals']) }),
  });
  return {
    ...(chance(90) && {
      statuses: {
        ...(chance(80) && { production: live() }),
        ...(chance(30) && { staging: live() }),
        ...(chance(10) && { archived: rule() }),
        ...(chance(5) && { draft: rule() }),
      },
    }),
    ...(chance(50) && { aliases: { [one(ALIASES)]: rule() } }),
  };
}

function checkOf(one: <T>(of: readonly T[]) => T, chance: (percent: number) => boolean): PolicyCheck {
  const dataset = { name: 'holdout', ...(chance(30) && { digest: 'd1' }) };
  return one<() => PolicyCheck>([
    () => ({ check: 'sealed' }),
    () => ({ check: 'verdict', not_worse_than: one(['clean', 'unknown', 'suspicious', 'malformed']) }),
    () => ({
      check: 'metric',
      metric: METRIC,
      comparator: one(['>', '>=', '<', '<=']),
      value: one([0.125, 0.25, 0.5]),
    }),
    () => ({ check: 'metric', metric: METRIC, comparator: '>=', value: 0.25, dataset }),
    () => ({
      check: 'not_worse_than_live',
      metric: METRIC,
      ...(chance(50) && { direction: one(['higher', 'lower']) }),
      ...(chance(40) && { tolerance: one([0, 0.125, 0.5]) }),
      ...(chance(40) && { dataset }),
    }),
    () => ({ check: 'signature_compatible' }),
    () => ({ check: 'has', fields: [one(['card', 'properties.tier', 'tags.team'])] }),
    () => ({ check: 'evaluated_on', dataset, ...(chance(60) && { within_days: one([20, 30]) }) }),
  ])();
}
