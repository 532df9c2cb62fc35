import { sql } from 'kysely';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import type { Database } from '../../src/db/database.ts';
import { type Opened, openRegistry } from '../support/open-registry.ts';
import { CASES, type Case, CHANGED, COUNTS } from './plan-cases.ts';
import { fill } from './plan-data.ts';
import { listen, type Ran } from './plan-recorder.ts';
import { explain, type Plan } from './plan-steps.ts';

const FIRST = 'a first page is read in this order from its beginning, and ends when it is full';
const COMMON = 'a word that many hold is found soon, wherever reading begins';
const TINY = 'has a row, or few';

/** What is read from one end without a bound, and why that is no scan of a table. Anything else fails. */
const ALLOWED: Record<Database['name'], Record<string, string>> = {
  sqlite: {
    event: FIRST,
    promotion: FIRST,
    evaluation: FIRST,
    version: FIRST,
    'version by version_size': FIRST,
    'version by version_updated': FIRST,
    'model by model_name': FIRST,
    'model by model_created': FIRST,
    'model by model_count': FIRST,
    'model by model_updated': FIRST,
  },
  postgres: {
    'event by event_pkey': FIRST,
    'promotion by promotion_pkey': FIRST,
    'evaluation by evaluation_pkey': FIRST,
    'version by version_pkey': FIRST,
    'version by version_size': FIRST,
    'version by version_updated': FIRST,
    'model by model_pkey': FIRST,
    'model by model_name': FIRST,
    'model by model_created': FIRST,
    'model by model_count': FIRST,
    'model by model_updated': FIRST,
    'ledger_checkpoint by ledger_checkpoint_pkey': 'the last one is read',
    'version by version_pkey, passing some': 'every other version is of the model that is asked for',
    'version by version_any_number, passing some': 'every other version is of the model that is asked for',
    'condemned by condemned_waiting': 'this index has nothing but what is asked for',
    'promotion by promotion_waiting, passing some':
      'this index has nothing but what waits, which is looked at every hour',
    'model_text, passing some': COMMON,
    'version_text, passing some': COMMON,
    'experiment by experiment_name_key, passing some':
      'a part of a list that is sorted as a whole is read in its order',
    'ledger_head, passing some, to the end': TINY,
    'backlog, passing some, to the end': TINY,
  },
};

interface Told {
  title: string;
  asks: string;
  plans: (Plan & { statement: string })[];
}

/** What a case asks for, and how, once all that it needs is there. */
async function asked(opened: Opened, one: Case) {
  if ('work' in one) return { asks: '', ask: () => one.work(opened) };
  return 'get' in one ? askedNative(opened, one) : askedMlflow(opened, one);
}

async function askedMlflow({ mlflow }: Opened, one: Extract<Case, { body: object }>) {
  const [method, path] = 'post' in one ? (['POST', one.post] as const) : (['GET', one.read] as const);
  const found = async (more: object) => {
    const answer = await mlflow(method, path, { ...one.body, ...more });
    expect(answer.status, `${one.title}: ${answer.text}`).toBe(200);
    return answer.json;
  };
  const asks = `${method} ${path} ${JSON.stringify(one.body).slice(0, 130)}`;
  if (one.page !== 'next') return { asks, ask: () => found({}) };
  const { next_page_token: page_token } = await found({});
  expect(page_token, one.title).toBeDefined();
  return { asks: `${asks} page_token…`, ask: () => found({ page_token }) };
}

async function askedNative({ get }: Opened, one: Extract<Case, { get: string }>) {
  const found = async (path: string) => {
    const answer = await get(encodeURI(path));
    expect(answer.status, `${path}: ${answer.text}`).toBe(200);
    return answer.json;
  };
  if (one.page !== 'next') return { asks: `GET ${one.get}`, ask: () => found(one.get) };
  const { next_page_token } = await found(one.get);
  expect(next_page_token, one.get).not.toBeNull();
  const path = `${one.get}${one.get.includes('?') ? '&' : '?'}page_token=`;
  return { asks: `GET ${path}…`, ask: () => found(path + next_page_token) };
}

async function plansOf(db: Database, statements: readonly Ran[]): Promise<Told['plans']> {
  const plans = [];
  for (const one of statements)
    plans.push({ statement: one.sql.replaceAll(/\s+/g, ' ').trim(), ...(await explain(db, one)) });
  return plans;
}

/** A paragraph for each case. A statement stands where it is run first. */
function textOf(all: readonly Told[]): string {
  const known = new Set<string>();
  const paragraphs = all.map(({ title, asks, plans }) => {
    const statements = plans.flatMap(({ statement, steps }) => {
      if (steps.length === 0) return [];
      if (known.has(statement)) return [`  as above: ${statement.slice(0, 100)}`];
      known.add(statement);
      return [...wrapped(statement), ...steps.map((step) => `      ${step}`)];
    });
    return [`# ${title}`, ...(asks ? [asks] : []), ...statements].join('\n');
  });
  return `${paragraphs.join('\n\n')}\n`;
}

function wrapped(statement: string): string[] {
  return statement.match(/\S.{0,130}(?= |$)/g)!.map((line, i) => `${i === 0 ? '  ' : '    '}${line}`);
}

describe.each(['sqlite', 'postgres'] as const)('query plans on %s', (dialect) => {
  let filled: Awaited<ReturnType<typeof fill>>;
  let opened: Opened;
  const all: Told[] = [];
  beforeAll(async () => {
    filled = await fill(dialect);
    const during = listen();
    opened = await openRegistry(filled.open);
    // How much is looked at next depends on how long it took: here, no time at all.
    vi.spyOn(performance, 'now').mockReturnValue(performance.now());
    try {
      for (const one of CASES) {
        const { asks, ask } = await asked(opened, one);
        all.push({ title: one.title, asks, plans: await plansOf(opened.db, await during(ask)) });
      }
    } finally {
      vi.restoreAllMocks();
    }
  });
  afterAll(async () => {
    await opened.close();
    await filled.remove();
  });

  it('of every list and search are those that were reviewed', async ({ skip }) => {
    skip(dialect === 'postgres' && (await majorOf(opened.db)) !== 18, 'another PostgreSQL than npm brings');
    const reviewed = all.filter(({ title }) => title !== CHANGED);
    await expect(textOf(reviewed)).toMatchFileSnapshot(`plans.${dialect}.txt`);
  });

  it('scan no table', () => {
    const allowed = ALLOWED[dialect];
    const whole = all
      .filter(({ title }) => title !== COUNTS)
      .flatMap(({ title, plans }) =>
        plans.flatMap(({ statement, whole }) => whole.map((reading) => ({ reading, title, statement }))),
      );
    expect(whole.filter(({ reading }) => allowed[reading] === undefined)).toEqual([]);
    expect(Object.keys(allowed).filter((one) => !whole.some(({ reading }) => reading === one))).toEqual([]);
  });

  it('count by indexes alone', () => {
    const { plans } = all.find(({ title }) => title === COUNTS)!;
    const whole = plans.flatMap((plan) => plan.whole);
    expect(whole.length).toBeGreaterThan(5);
    expect(whole.filter((reading) => !/ by \w+, to the end$/.test(reading))).toEqual([]);
  });
});

async function majorOf(db: Database): Promise<number> {
  const { rows } = await sql<{ server_version_num: string }>`show server_version_num`.execute(db.read);
  return Math.floor(Number(rows[0]?.server_version_num) / 10_000);
}
