import { Command, Option } from 'commander';
import { parseModel } from '../names.ts';
import { action, withExamples } from '../run.ts';
import { answerOf } from '../server/answer.ts';
import { connect } from '../server/connect.ts';
import { type Common, withCommon } from '../server/options.ts';
import { tellPromotion } from '../show/promotion.ts';

interface Options extends Common {
  reason: string;
  status?: 'production' | 'staging';
  force?: boolean;
}

export function command(): Command {
  const rollback = withCommon(new Command('rollback'))
    .description('Put the version back that was in production before.')
    .argument('<model>', 'the model')
    .requiredOption('--reason <text>', 'why, for the ledger')
    .addOption(new Option('--status <status>', 'where to (default: production)').choices(['production', 'staging']))
    .option('--force', 'although a check fails; it is recorded')
    .action(
      action(async (out, { reason, status, force, ...options }: Options, name: string) => {
        const model = parseModel(name);
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
