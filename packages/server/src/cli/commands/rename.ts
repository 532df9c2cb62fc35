import { Command } from 'commander';
import { parseModel } from '../names.ts';
import { action, withExamples } from '../run.ts';
import { answerOf } from '../server/answer.ts';
import { connect } from '../server/connect.ts';
import { type Common, withCommon } from '../server/options.ts';
import { escapeLine } from '../terminal/escape.ts';

export function command(): Command {
  const rename = withCommon(new Command('rename'))
    .description('Give a model another name; the old one then says where it went.')
    .argument('<model>', 'the model')
    .argument('<new-name>', 'its new name')
    .action(
      action(async (out, options: Common, from: string, to: string) => {
        const path = { name: parseModel(from) };
        const body = { name: parseModel(to) };
        const { client } = connect(options);
        const model = await answerOf(client.POST('/api/v1/models/{name}/rename', { params: { path }, body }));
        out.document(model);
        out.lines(escapeLine(`${path.name} is called ${model.name} now`));
      }),
    );
  return withExamples(rename, 'assayer rename churn churn-eu');
}
