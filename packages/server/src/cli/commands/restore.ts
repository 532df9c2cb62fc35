import { Command } from 'commander';
import { misused } from '../exit.ts';
import { parseSubject } from '../names.ts';
import { action, withExamples } from '../run.ts';
import { answerOf } from '../server/answer.ts';
import { connect } from '../server/connect.ts';
import { type Common, withCommon } from '../server/options.ts';
import { escapeLine } from '../terminal/escape.ts';

export function command(): Command {
  const restore = withCommon(new Command('restore'))
    .description('Take a model or a version out of the trash.')
    .argument('<model[/number]>', 'a model, or a version by its number')
    .action(
      action(async (out, options: Common, name: string) => {
        const { model, ref } = parseSubject(name);
        if (ref !== undefined && !/^\d+$/.test(ref)) throw misused('A version in the trash goes by its number alone.');
        const { client } = connect(options);
        const restored = await answerOf<unknown>(
          ref === undefined
            ? client.POST('/api/v1/models/{name}/restore', { params: { path: { name: model } } })
            : client.POST('/api/v1/models/{name}/versions/{ref}/restore', { params: { path: { name: model, ref } } }),
        );
        out.document(restored);
        out.lines(escapeLine(`${name} is back`));
      }),
    );
  return withExamples(restore, 'assayer restore churn', 'assayer restore churn/3');
}
