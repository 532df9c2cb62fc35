import { readFile } from 'node:fs/promises';
import { text } from 'node:stream/consumers';
import { Command } from 'commander';
import type { NewPolicy } from '../../contract/policy.ts';
import { misused } from '../exit.ts';
import { parseCount, parseModel } from '../names.ts';
import { action, withExamples } from '../run.ts';
import { answerOf } from '../server/answer.ts';
import { connect } from '../server/connect.ts';
import { type Common, withCommon } from '../server/options.ts';
import { firstItems } from '../server/pages.ts';
import { type PolicyLike, policyLines } from '../show/policy.ts';
import { when } from '../show/words.ts';
import { escapeLine } from '../terminal/escape.ts';
import { table } from '../terminal/table.ts';

export function command(): Command {
  const policy = new Command('policy').description('Policies: what a promotion has to meet, by default or of a model.');
  policy.addCommand(show()).addCommand(set()).addCommand(clear()).addCommand(history());
  return withExamples(
    policy,
    'assayer policy show',
    'assayer policy set strict.json churn',
    'assayer policy clear churn',
    'assayer policy history churn',
  );
}

function show(): Command {
  const made = withCommon(new Command('show'))
    .description('Show the policy of a model, or the default one.')
    .argument('[model]', 'the model; without one, the default policy')
    .option('--as-of <time>', 'as it was at that moment (RFC 3339)')
    .action(
      action(async (out, { asOf, ...options }: Common & { asOf?: string }, name?: string) => {
        const { client } = connect(options);
        const query = { ...(asOf && { as_of: asOf }) };
        const found = await answerOf<PolicyLike>(
          name === undefined
            ? client.GET('/api/v1/policies/default', { params: { query } })
            : client.GET('/api/v1/models/{name}/policy', { params: { path: { name: parseModel(name) }, query } }),
        );
        out.document(found);
        out.lines(...policyLines(found).map(escapeLine));
      }),
    );
  return withExamples(made, 'assayer policy show', 'assayer policy show churn --as-of 2026-03-31T23:59:59Z');
}

function set(): Command {
  const made = withCommon(new Command('set'))
    .description('Put a policy in force. The earlier ones are kept.')
    .argument('<file>', 'JSON as in /api/v1/policies/schema; - reads stdin')
    .argument('[model]', 'the model; without one, the default policy')
    .option('--if-version <n>', 'only if this is the version in force')
    .action(
      action(async (out, { ifVersion, ...options }: Common & { ifVersion?: string }, file: string, name?: string) => {
        const body = await readPolicy(file);
        const { client } = connect(options);
        const header = ifVersion === undefined ? {} : { 'if-match': `"${parseCount(ifVersion, 0)}"` };
        const changed = await answerOf<PolicyLike>(
          name === undefined
            ? client.PUT('/api/v1/policies/default', { params: { header }, body })
            : client.PUT('/api/v1/models/{name}/policy', {
                params: { path: { name: parseModel(name) }, header },
                body,
              }),
        );
        out.document(changed);
        out.lines(...policyLines(changed).map(escapeLine));
      }),
    );
  return withExamples(made, 'assayer policy set strict.json', 'assayer policy set strict.json churn --if-version 3');
}

async function readPolicy(file: string): Promise<NewPolicy> {
  const json = file === '-' ? await text(process.stdin) : await readFile(file, 'utf8');
  try {
    return JSON.parse(json) as NewPolicy;
  } catch (error) {
    throw misused(`${file} is not JSON: ${(error as Error).message}`);
  }
}

function clear(): Command {
  const made = withCommon(new Command('clear'))
    .description('Put an empty policy in force: the model follows the default one.')
    .argument('<model>', 'the model')
    .action(
      action(async (out, options: Common, name: string) => {
        const { client } = connect(options);
        const path = { name: parseModel(name) };
        const changed = await answerOf(client.DELETE('/api/v1/models/{name}/policy', { params: { path } }));
        out.document(changed);
        out.lines(escapeLine(`${path.name} follows the default policy`));
      }),
    );
  return withExamples(made, 'assayer policy clear churn');
}

function history(): Command {
  const made = withCommon(new Command('history'))
    .description('List every version of a policy, the newest first.')
    .argument('[model]', 'the model; without one, the default policy')
    .option('--limit <n>', 'how many at most', '20')
    .action(
      action(async (out, { limit, ...options }: Common & { limit: string }, name?: string) => {
        const { client } = connect(options);
        const model = name === undefined ? undefined : parseModel(name);
        const call = (query: { page_size: number; page_token?: string }) =>
          model === undefined
            ? client.GET('/api/v1/policies/default/versions', { params: { query } })
            : client.GET('/api/v1/models/{name}/policy/versions', { params: { path: { name: model }, query } });
        const { items, more } = await firstItems<PolicyLike>(call as never, parseCount(limit));
        items.forEach(out.item);
        out.lines(
          ...table(items, [
            { head: 'VERSION', cell: (one) => one.version, right: true },
            { head: 'SINCE', cell: (one) => when(one.updated_at ?? '') },
            { head: 'BY', cell: (one) => one.updated_by, most: 24 },
            { head: 'RULES', cell: (one) => rulesOf(one).join(', ') },
          ]),
        );
        if (items.length === 0) out.note('Nobody has set one.');
        if (more) out.note(`There are more than these ${items.length}: raise --limit.`);
      }),
    );
  return withExamples(made, 'assayer policy history', 'assayer policy history churn --json');
}

function rulesOf({ statuses = {}, aliases = {} }: PolicyLike): string[] {
  return [...Object.keys(statuses), ...Object.keys(aliases).map((alias) => `@${alias}`)];
}
