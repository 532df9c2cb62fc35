import { Command } from 'commander';
import { problemOfAlias } from '../../registry/names.ts';
import { misused } from '../exit.ts';
import { parseModel, parseVersion } from '../names.ts';
import { action, withExamples } from '../run.ts';
import { answerOf } from '../server/answer.ts';
import { connect } from '../server/connect.ts';
import { type Common, withCommon } from '../server/options.ts';
import { tellPromotion } from '../show/promotion.ts';
import { escapeLine } from '../terminal/escape.ts';
import { table } from '../terminal/table.ts';

export function command(): Command {
  const alias = new Command('alias').description('Aliases: movable names of a version, such as champion.');
  alias.addCommand(set()).addCommand(rm()).addCommand(ls());
  return withExamples(
    alias,
    'assayer alias set churn/7 champion',
    'assayer alias rm churn challenger',
    'assayer alias ls churn',
  );
}

interface SetOptions extends Common {
  reason?: string;
  force?: boolean;
}

function set(): Command {
  const made = withCommon(new Command('set'))
    .description('Point an alias at a version, wherever it pointed before.')
    .argument('<model/ref>', 'the version')
    .argument('<alias>', 'letters, digits, underscores and dashes')
    .option('--reason <text>', 'why, where the alias is protected')
    .option('--force', 'although a check fails, where the policy allows that; needs a reason')
    .action(
      action(async (out, { reason, force, ...options }: SetOptions, name: string, given: string) => {
        const { model, ref } = parseVersion(name);
        if (force && !reason) throw misused('--force needs --reason.');
        const alias = parseAlias(given);
        const { client } = connect(options);
        const path = { name: model, alias };
        const changed = await answerOf(
          client.PUT('/api/v1/models/{name}/aliases/{alias}', {
            params: { path },
            body: { version: ref, ...(reason && { reason }), ...(force && { force }) },
          }),
        );
        out.document(changed);
        if ('state' in changed) tellPromotion(out, changed);
        else out.lines(escapeLine(`${model}/@${alias} is ${model}/${changed.aliases[alias]}`));
      }),
    );
  return withExamples(made, 'assayer alias set churn/7 champion', 'assayer alias set churn/latest challenger');
}

function rm(): Command {
  const made = withCommon(new Command('rm'))
    .description('Take an alias away; the version stays.')
    .argument('<model>', 'the model')
    .argument('<alias>', 'the alias')
    .action(
      action(async (out, options: Common, name: string, given: string) => {
        const path = { name: parseModel(name), alias: parseAlias(given) };
        const { client } = connect(options);
        const changed = await answerOf(client.DELETE('/api/v1/models/{name}/aliases/{alias}', { params: { path } }));
        out.document(changed);
        out.lines(escapeLine(`${path.name} has no alias ${path.alias} any more`));
      }),
    );
  return withExamples(made, 'assayer alias rm churn challenger');
}

function ls(): Command {
  const made = withCommon(new Command('ls'))
    .description('List the aliases of a model.')
    .argument('<model>', 'the model')
    .action(
      action(async (out, options: Common, name: string) => {
        const path = { name: parseModel(name) };
        const { client } = connect(options);
        const { aliases } = await answerOf(client.GET('/api/v1/models/{name}', { params: { path } }));
        const rows = Object.entries(aliases).map(([alias, version]) => ({ alias, version }));
        rows.forEach(out.item);
        out.lines(
          ...table(rows, [
            { head: 'ALIAS', cell: (row) => row.alias },
            { head: 'VERSION', cell: (row) => row.version, right: true },
          ]),
        );
      }),
    );
  return withExamples(made, 'assayer alias ls churn');
}

export function parseAlias(text: string): string {
  const alias = text.replace(/^@/, '');
  const problem = problemOfAlias(alias);
  if (problem) throw misused(`"${alias}" cannot be an alias: it ${problem}.`);
  return alias;
}
