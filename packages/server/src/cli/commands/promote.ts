import { Argument, Command } from 'commander';
import { STATUSES, type Status } from '../../contract/version.ts';
import { misused } from '../exit.ts';
import { parseVersion } from '../names.ts';
import { action, withExamples } from '../run.ts';
import { answerOf } from '../server/answer.ts';
import { connect } from '../server/connect.ts';
import { type Common, withCommon } from '../server/options.ts';
import { tellPromotion } from '../show/promotion.ts';

interface Options extends Common {
  reason?: string;
  force?: boolean;
}

export function command(): Command {
  const promote = withCommon(new Command('promote'))
    .description('Move a version to another status, if the policy allows; every check is told.')
    .argument('<model/ref>', 'the version: churn/7, churn/latest, churn/@champion')
    .addArgument(new Argument('<status>', 'where it goes').choices(STATUSES))
    .option('--reason <text>', 'why, for the ledger')
    .option('--force', 'although a check fails; needs a reason, and is recorded')
    .action(
      action(async (out, { reason, force, ...options }: Options, name: string, to: Status) => {
        const { model, ref } = parseVersion(name);
        if (force && !reason) throw misused('--force needs --reason.');
        const { client } = connect(options);
        const promotion = await answerOf(
          client.POST('/api/v1/models/{name}/versions/{ref}/promotions', {
            params: { path: { name: model, ref } },
            body: { to, ...(reason && { reason }), ...(force && { force }) },
          }),
        );
        out.document(promotion);
        tellPromotion(out, promotion);
      }),
    );
  return withExamples(
    promote,
    'assayer promote churn/7 staging',
    'assayer promote churn/7 production --reason "beats 6 on the holdout"',
  );
}
