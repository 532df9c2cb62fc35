import { Command } from 'commander';
import { misused } from '../exit.ts';
import { parsePair, parseSubject, toRecord } from '../names.ts';
import { action, withExamples } from '../run.ts';
import { answerOf } from '../server/answer.ts';
import { connect } from '../server/connect.ts';
import { type Common, withCommon } from '../server/options.ts';
import { escapeLine } from '../terminal/escape.ts';

interface Options extends Common {
  rm?: string[];
}

export function command(): Command {
  const tag = withCommon(new Command('tag'))
    .description('Set and remove tags of a model or a version.')
    .argument('<model[/ref]>', 'a model, or a version')
    .argument('[key=value...]', 'tags to set')
    .option('--rm <key...>', 'tags to remove')
    .action(
      action(async (out, { rm = [], ...options }: Options, name: string, given: string[]) => {
        const { model, ref } = parseSubject(name);
        const tags = toRecord<string | null>([...given.map(parsePair), ...rm.map((key) => [key, null] as const)]);
        if (Object.keys(tags).length === 0) throw misused('Which tags? Write key=value, or --rm key.');
        const { client } = connect(options);
        const body = { tags };
        const changed = await answerOf<{ tags: Record<string, string> }>(
          ref === undefined
            ? client.PATCH('/api/v1/models/{name}', { params: { path: { name: model } }, body })
            : client.PATCH('/api/v1/models/{name}/versions/{ref}', { params: { path: { name: model, ref } }, body }),
        );
        out.document(changed);
        out.lines(...Object.entries(changed.tags).map(([key, value]) => escapeLine(`${key}=${value}`)));
      }),
    );
  return withExamples(tag, 'assayer tag churn team=growth pii=none', 'assayer tag churn/7 reviewed=yes --rm draft');
}
