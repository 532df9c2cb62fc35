import { Command } from 'commander';
import { parseCount } from '../names.ts';
import { action, withExamples } from '../run.ts';
import { connect } from '../server/connect.ts';
import { type Common, withCommon } from '../server/options.ts';
import { firstItems } from '../server/pages.ts';
import { when } from '../show/words.ts';
import { table } from '../terminal/table.ts';

interface Options extends Common {
  limit: string;
}

export function command(): Command {
  const trash = withCommon(new Command('trash'))
    .description('List what can be restored, and until when.')
    .option('--limit <n>', 'how many at most', '1000')
    .action(
      action(async (out, { limit, ...options }: Options) => {
        const { client } = connect(options);
        const call = (page: { page_size: number; page_token?: string }) =>
          client.GET('/api/v1/trash', { params: { query: page } });
        const { items, more } = await firstItems(call, parseCount(limit));
        items.forEach(out.item);
        out.lines(
          ...table(items, [
            { head: 'NAME', cell: (one) => (one.number === null ? one.model : `${one.model}/${one.number}`) },
            { head: 'SINCE', cell: (one) => when(one.deregistered.at) },
            { head: 'UNTIL', cell: (one) => when(one.deregistered.purge_after) },
            { head: 'BY', cell: (one) => one.deregistered.by, most: 24 },
            { head: 'REASON', cell: (one) => one.deregistered.reason },
          ]),
        );
        if (items.length === 0) out.note('The trash is empty.');
        if (more) out.note(`There are more than these ${items.length}: raise --limit.`);
      }),
    );
  return withExamples(trash, 'assayer trash', 'assayer trash --json | jq -r .model');
}
