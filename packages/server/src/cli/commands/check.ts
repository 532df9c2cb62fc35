import { Command, Option } from 'commander';
import { STATUSES, type Status } from '../../contract/version.ts';
import { misused, refused } from '../exit.ts';
import { parseVersion } from '../names.ts';
import { action, withExamples } from '../run.ts';
import { answerOf, checkLine } from '../server/answer.ts';
import { connect } from '../server/connect.ts';
import { type Common, withCommon } from '../server/options.ts';
import { escapeLine } from '../terminal/escape.ts';
import { parseAlias } from './alias.ts';

interface Options extends Common {
  to?: Status;
  alias?: string;
  allowWaiting?: boolean;
}

export function command(): Command {
  const check = withCommon(new Command('check'))
    .description('Say whether a version could be promoted now, and what is missing; nothing is changed.')
    .argument('<model/ref>', 'the version: churn/7, churn/latest, churn/@champion')
    .addOption(new Option('--to <status>', 'the status that it is to go to').choices([...STATUSES]))
    .option('--alias <alias>', 'or the alias that it is to become')
    .option('--allow-waiting', 'end with 0 although it would wait for approvals')
    .action(
      action(async (out, { to, alias, allowWaiting, ...options }: Options, name: string) => {
        const { model, ref } = parseVersion(name);
        if ((to === undefined) === (alias === undefined)) throw misused('Give either --to or --alias.');
        const query = alias === undefined ? { to: to as Status } : { alias: parseAlias(alias) };
        const { client } = connect(options);
        const told = await answerOf(
          client.POST('/api/v1/models/{name}/versions/{ref}/check', { params: { path: { name: model, ref }, query } }),
        );
        const { outcome, checks, approvals_needed, number, policy } = told;
        const approvals = `${approvals_needed} ${approvals_needed === 1 ? 'approval' : 'approvals'}`;
        const target = told.alias === null ? told.to : `@${told.alias}`;
        const rule =
          policy.of === 'built-in' ? 'the built-in policy' : `version ${policy.version} of the ${policy.of} policy`;
        out.lines(...checks.map((one) => escapeLine(checkLine(one))));
        if (outcome === 'allowed' || (outcome === 'waiting' && allowWaiting)) {
          out.document(told);
          const waits = outcome === 'waiting' ? ` with ${approvals}` : '';
          out.lines(escapeLine(`${model}/${number} can go to ${target}${waits}, by ${rule}`));
          return;
        }
        const why = outcome === 'waiting' ? `would wait for ${approvals}` : 'fails a check';
        throw refused(`${model}/${number} cannot go to ${target} at once: it ${why}, by ${rule}.`, [], told);
      }),
    );
  return withExamples(
    check,
    'assayer check churn/8 --to production',
    'assayer check churn/latest --alias champion --allow-waiting --json | jq .checks',
  );
}
