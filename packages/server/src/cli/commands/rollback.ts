import { Command } from 'commander';
import { misused } from '../exit.ts';
import { parseModel } from '../names.ts';
import { action, withExamples } from '../run.ts';
import { answerOf } from '../server/answer.ts';
import { type Common, withCommon } from '../server/common.ts';
import { connect } from '../server/connect.ts';
import { tellPromotion } from '../show/promotion.ts';

interface Options extends Common {
  reason: string;
  status?: string;
  force?: boolean;
}

export function command(): Command {
  const rollback = withCommon(new Command('rollback'))
    .description('Put the version back that was in production before.')
    .argument('<model>', 'the model')
    .requiredOption('--reason <text>', 'why, for the ledger')
    .option('--status <status>', 'production or staging (default: production)')
    .option('--force', 'although a check fails; it is recorded')
    .action(
      action(async (out, { reason, status, force, ...options }: Options, name: string) => {
        const model = parseModel(name);
        if (status !== undefined && status !== 'production' && status !== 'staging')
          throw misused(`"${status}" cannot be rolled back: say production or staging.`);
        const { client } = connect(options);
        const promotion = await answerOf(
          client.POST('/api/v1/models/{name}/rollback', {
            params: { path: { name: model } },
            body: { reason, ...(status && { status }), ...(force && { force }) },
          }),
        );
        out.document(promotion);
        tellPromotion(out, promotion);
      }),
    );
  return withExamples(rollback, 'assayer rollback churn --reason "false alarms since the release"');
}
